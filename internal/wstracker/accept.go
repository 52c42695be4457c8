package wstracker

import (
	"bufio"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// retryAfter is when who found no place may come again. Those who are turned away all at once do not
// come back at once: clients add a delay of their own.
const retryAfter = 30 * time.Second

// ServeHTTP opens a session on the connection of a handshake, and returns: the session goes on in a
// goroutine of its own, without the buffers of net/http.
func (f *Frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, ok := f.caller(r)
	if !ok {
		f.metrics.refused[badRequest].Inc()
		http.Error(w, "the connection has no address", http.StatusBadRequest)
		return
	}
	if why, ok := f.sessions.enter(caller); !ok {
		f.metrics.refused[why].Inc()
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		w.Header().Set("Connection", "close")
		http.Error(w, "no place for another session", http.StatusServiceUnavailable)
		return
	}
	up := &upgrade{ResponseWriter: w, clock: &f.pulse.clock, patience: f.opts.WriteTimeout}
	begun := false
	defer func() {
		if !begun { // a mistake of ours is among the reasons
			f.sessions.leave(caller)
			up.abandon()
		}
	}()
	ws, err := websocket.Accept(up, r, &websocket.AcceptOptions{
		InsecureSkipVerify: len(f.opts.Origins) == 0, // a tracker serves the pages of others
		OriginPatterns:     f.opts.Origins,
		CompressionMode:    websocket.CompressionDisabled, // SDP is short, and a window of each session is not
	})
	if err != nil {
		f.metrics.refused[up.why()].Inc()
		f.log.Debug("handshake refused", slog.Any("err", err))
		return
	}
	f.begin(ws, up, caller) //nolint:contextcheck // a session outlives its handshake, and needs no context
	begun = true
}

// caller returns the address that r comes from.
func (f *Frontend) caller(r *http.Request) (netip.Addr, bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	return f.callers.Addr(remote.Addr(), r.Header), true
}

// An upgrade is a response that becomes a [conn] where the WebSocket library takes the connection over.
type upgrade struct {
	http.ResponseWriter
	clock    *atomic.Uint32
	patience time.Duration
	status   int
	conn     *conn         // once it was hijacked
	buffered *bufio.Reader // of conn
}

// WriteHeader notes the status as well.
func (u *upgrade) WriteHeader(status int) {
	u.status = status
	u.ResponseWriter.WriteHeader(status)
}

// Hijack returns the connection with small buffers, and without the deadlines of a request.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacked, buffers, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	_ = hijacked.SetDeadline(time.Time{}) // one that is closed says so when it is used
	u.conn = &conn{Conn: hijacked, clock: u.clock, patience: u.patience}
	u.conn.heard.Store(u.clock.Load())
	if n := buffers.Reader.Buffered(); n > 0 {
		early, _ := buffers.Reader.Peek(n) // as many as there are
		u.conn.early = append([]byte(nil), early...)
	}
	u.buffered = bufio.NewReaderSize(u.conn, readBuffer)
	return u.conn, bufio.NewReadWriter(u.buffered, bufio.NewWriterSize(u.conn, writeBuffer)), nil
}

// abandon closes the connection if it was hijacked: nobody else would.
func (u *upgrade) abandon() {
	if u.conn != nil {
		_ = u.conn.Close()
	}
}

// why returns why the library refused the handshake.
func (u *upgrade) why() refusal {
	if u.status == http.StatusForbidden {
		return badOrigin
	}
	return badRequest
}
