package reliability_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// udpClients are clients over UDP.
type udpClients struct {
	addr string
	mu   sync.Mutex // guards free
	free []*udpClient
}

// A udpClient has a socket and a connection ID, which it gets once: for each request on its own it would
// prove nothing more of Redis.
type udpClient struct {
	conn       net.Conn
	connection uint64
	spoiled    bool // a reply may still come that nobody waits for
	buf        [2048]byte
}

func (p *udpClients) take() (announcer, error) {
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	conn, err := net.Dial("udp", p.addr)
	if err != nil {
		return nil, err
	}
	c := &udpClient{conn: conn}
	sent := time.Now()
	reply, err := c.exchange(udpproto.AppendConnectRequest(nil, 1), 1)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("connect over UDP, after %v: %w", time.Since(sent), err)
	}
	var ok bool
	if c.connection, ok = udpproto.ParseConnectReply(reply); !ok {
		_ = conn.Close()
		return nil, fmt.Errorf("got %x to a connect over UDP, want a connection ID", reply)
	}
	return c, nil
}

func (p *udpClients) put(c announcer) {
	u := c.(*udpClient)
	if u.spoiled {
		_ = u.conn.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, u)
}

func (p *udpClients) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.free {
		_ = c.conn.Close()
	}
	p.free = nil
}

// exchange sends a request and returns the reply to it.
func (c *udpClient) exchange(request []byte, transaction uint32) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(giveUp))
	for {
		n, err := c.conn.Read(c.buf[:])
		if err != nil {
			c.spoiled = true
			return nil, err
		}
		if _, id, ok := udpproto.ParseReplyHeader(c.buf[:n]); ok && id == transaction {
			return c.buf[:n], nil
		}
	}
}

func (c *udpClient) announce(h bittorrent.InfoHash, port uint16) outcome {
	transaction := rand.Uint32()
	request := (&udpproto.AnnounceRequest{
		Header:   udpproto.Header{ConnectionID: c.connection, TransactionID: transaction},
		InfoHash: h, PeerID: bittorrent.PeerID{'-', 'R', 'E'}, Left: 1, Event: bittorrent.Started, NumWant: 50, Port: port,
	}).Append(nil)
	o := outcome{sent: time.Now()}
	reply, err := c.exchange(request, transaction)
	var read udpproto.AnnounceReply
	peers, ok := read.Parse(reply)
	switch text := udpproto.ErrorText(reply); {
	case errors.Is(err, os.ErrDeadlineExceeded):
		o.verdict, o.complaint = unanswered, fmt.Sprintf("got no reply over UDP within %v", giveUp)
	case err != nil:
		o.verdict, o.complaint = unanswered, err.Error()
	case text == swarm.Unavailable.Sentence() || text == swarm.Busy.Sentence():
		o.verdict = refused
	case !ok:
		o.verdict, o.complaint = wrong, fmt.Sprintf("got %q over UDP, want an answer or a friendly refusal", reply)
	default:
		o.members, o.peers = int(read.Seeders+read.Leechers), append([]byte(nil), peers...)
	}
	return o
}
