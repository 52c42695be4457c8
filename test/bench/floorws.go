//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// A wsFloor answers announces over WebSocket with a constant, relays each offer to a socket that is always
// the same for the sender and the offer's place, and each answer back. It does not parse: it finds what it
// pastes by the keys around it, in the order in which starling bench writes them.
type wsFloor struct {
	gathered bool         // what is to be written to a socket goes out together
	mu       sync.RWMutex // guards the maps
	peers    map[string]*floorSocket
	swarms   map[string][]*floorSocket
}

// A floorSocket is one browser. Its reader alone reads partners.
type floorSocket struct {
	conn     *websocket.Conn
	out      *floorOutbox // nil: messages are written as they come
	partners []*floorSocket
	buf      []byte // of its reader
}

// floorWS serves until ctx ends.
func floorWS(ctx context.Context, l net.Listener, gathered bool) error {
	f := &wsFloor{gathered: gathered, peers: map[string]*floorSocket{}, swarms: map[string][]*floorSocket{}}
	var sockets sync.WaitGroup
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			sockets.Add(1)
			defer sockets.Done()
			f.serve(ctx, w, req)
		}),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, heldConnKey{}, c)
		},
	}
	if gathered {
		l = heldListener{l}
	}
	defer sockets.Wait()
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (f *wsFloor) serve(ctx context.Context, w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	defer context.AfterFunc(ctx, func() { _ = conn.CloseNow() })()
	conn.SetReadLimit(1 << 20)
	ctx = context.WithoutCancel(ctx) // one that can end costs a little each time, and the socket is closed anyway
	s := &floorSocket{conn: conn}
	if held, ok := req.Context().Value(heldConnKey{}).(*heldConn); ok {
		s.out = newFloorOutbox(conn, held)
		go s.out.run(ctx)
		defer s.out.close()
	}
	message := make([]byte, 0, 16<<10)
	for {
		_, r, err := conn.Reader(ctx)
		if err != nil {
			return
		}
		if message, err = readAll(message[:0], r); err != nil {
			return
		}
		f.take(ctx, s, message)
	}
}

// readAll is io.ReadAll into a buffer that is there.
func readAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// take is an announce's or an answer's whole work.
func (f *wsFloor) take(ctx context.Context, s *floorSocket, message []byte) {
	hash, rest := between(message, `"info_hash":`, `,"peer_id":`)
	if bytes.HasPrefix(message, []byte(`{"action":`)) {
		from, rest := between(rest, "", `,"to_peer_id":`)
		to, rest := between(rest, "", `,"answer":`)
		sdp, rest := between(rest, "", `,"offer_id":`)
		f.mu.RLock()
		offerer := f.peers[string(to)]
		f.mu.RUnlock()
		if offerer != nil {
			s.buf = pasted(s.buf[:0], `{"action":"announce","answer":`, sdp, bytes.TrimSuffix(rest, []byte("}")), from, hash)
			offerer.write(ctx, s.buf)
		}
		return
	}
	from, rest := between(rest, "", `,"offers":[`)
	if !bytes.HasPrefix(rest, []byte("{")) {
		f.join(s, from, hash) // before the reply, after which others may make offers
	} else if s.partners == nil {
		s.partners = f.partnersOf(s, hash)
	}
	s.buf = append(s.buf[:0], `{"complete":25,"incomplete":25,"action":"announce","interval":120,"info_hash":`...)
	s.write(ctx, append(append(s.buf, hash...), '}'))
	for i := 0; i < len(s.partners) && bytes.HasPrefix(rest, []byte("{")); i++ {
		var sdp, id []byte
		var more bool
		sdp, rest = between(rest, `{"offer":`, `,"offer_id":`)
		if id, rest, more = bytes.Cut(rest, []byte(`"},`)); !more {
			id = bytes.TrimSuffix(id, []byte(`"}]}`))
		}
		id = append(id, '"') // which is in its place already
		s.buf = pasted(s.buf[:0], `{"action":"announce","offer":`, sdp, id, from, hash)
		s.partners[i].write(ctx, s.buf)
	}
}

// between returns what of b is between two texts, and what follows.
func between(b []byte, begin, end string) (found, rest []byte) {
	_, b, _ = bytes.Cut(b, []byte(begin))
	found, rest, _ = bytes.Cut(b, []byte(end))
	return found, rest
}

func pasted(dst []byte, begin string, sdp, id, from, hash []byte) []byte {
	dst = append(append(dst, begin...), sdp...)
	dst = append(append(dst, `,"offer_id":`...), id...)
	dst = append(append(dst, `,"peer_id":`...), from...)
	dst = append(append(dst, `,"info_hash":`...), hash...)
	return append(dst, '}')
}

func (f *wsFloor) join(s *floorSocket, id, hash []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.peers[string(id)] = s
	f.swarms[string(hash)] = append(f.swarms[string(hash)], s)
}

// partnersOf returns the others of the swarm, beginning with the one that came after s.
func (f *wsFloor) partnersOf(s *floorSocket, hash []byte) (partners []*floorSocket) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	all := f.swarms[string(hash)]
	for i, other := range all {
		if other == s {
			return append(append(partners, all[i+1:]...), all[:i]...)
		}
	}
	return all
}

// write writes a message, or has it written with others. The message is not kept.
func (s *floorSocket) write(ctx context.Context, message []byte) {
	if s.out != nil {
		s.out.add(message)
		return
	}
	_ = s.conn.Write(ctx, websocket.MessageText, message) // its reader learns of errors
}
