package wstracker

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/swarm"
)

// maxMalformed is how many messages in a row may be no JSON objects before the session ends.
const maxMalformed = 100

// A session is a browser's socket: any number of its peers, in any number of swarms.
type session struct {
	front     *Frontend
	ws        *websocket.Conn
	conn      *conn
	buffered  *bufio.Reader // what ws reads from
	relay     Session
	caller    netip.Addr
	interval  uint32        // seconds, the same in all replies: clients re-arm their timers when it changes
	malformed int           // in a row; the reader's
	why       atomic.Uint32 // the ending, the first one that is set
	out       outbox
	beat      beat // the pulse's
}

// begin begins a session. The caller has its place already.
func (f *Frontend) begin(ws *websocket.Conn, up *upgrade, caller netip.Addr) {
	ws.SetReadLimit(int64(f.opts.MaxMessage))
	s := &session{
		front: f, ws: ws, conn: up.conn, buffered: up.buffered, caller: caller, interval: jittered(f.opts.Interval),
	}
	s.out.init(f.opts.Outbox, &f.metrics.outbox)
	s.relay = f.relay(s)
	f.metrics.opened.Inc()
	f.metrics.sessions.Inc()
	f.pulse.add(s)
	if !f.sessions.add(s) {
		s.finish(shuttingDown)
	}
	go s.wait()
}

// jittered returns a number of seconds within 10 % of d, so that a crowd that arrived together does not
// return together for ever.
func jittered(d time.Duration) uint32 {
	part := rand.Float64() //nolint:gosec // nothing is lost if it is guessed
	return uint32(max(d.Seconds()*(0.9+0.2*part), 1))
}

// Offer implements Receiver.
func (s *session) Offer(o *swarm.Signal) { s.put(offer, o) }

// Answer implements Receiver.
func (s *session) Answer(a *swarm.Signal) { s.put(answer, a) }

func (s *session) put(k kind, of *swarm.Signal) {
	s.startIf(s.out.put(&message{kind: k, hash: of.InfoHash, from: of.From, offerID: of.OfferID, body: of.SDP}))
}

// startIf starts the writer.
func (s *session) startIf(start bool) {
	if start {
		go s.write()
	}
}

// cleanUp is called once, after the last message was handled and with why there are no more.
func (s *session) cleanUp(err error) {
	s.note(err)
	why := ending(s.why.Load())
	s.out.end()
	s.front.pulse.remove(s)
	s.closeRelay() // first, so that nobody is told of browsers that are gone
	s.closeSocket(why)
	s.front.metrics.sessions.Dec()
	s.front.metrics.closed[why].Inc()
	s.front.sessions.remove(s, s.caller)
}

// closeRelay closes the session's relay, and survives its mistakes.
func (s *session) closeRelay() {
	defer func() { s.recovered(recover()) }()
	s.relay.Close()
}

// closeSocket tells the browser why, if it listens, closes the socket, and survives mistakes.
func (s *session) closeSocket(why ending) {
	defer func() {
		if s.recovered(recover()) {
			_ = s.conn.Close()
		}
	}()
	code := closeCodes[why]
	if code == 0 {
		_ = s.ws.CloseNow()
		return
	}
	s.conn.closing()
	_ = s.ws.Close(code, endingNames[why]) // waits for the browser to have read it, for seconds at most
}

// closeCodes are what browsers are told of endings (RFC 6455, 7.4.1). Where there is none nobody listens.
var closeCodes = [endings]websocket.StatusCode{
	tooLarge:     websocket.StatusMessageTooBig,
	malformed:    websocket.StatusPolicyViolation,
	protocol:     websocket.StatusProtocolError,
	shuttingDown: websocket.StatusGoingAway,
	panicked:     websocket.StatusInternalError,
}

var (
	// errMalformed ends a session that sends nothing but messages that cannot be read.
	errMalformed = errors.New("too many malformed messages in a row")
	// errPanicked ends a session whose message met a mistake of ours.
	errPanicked = errors.New("panic while handling a message")
	// errEnded is why a session that was ended reads no more.
	errEnded = net.ErrClosed
)

// readMessage reads and handles the message that r has begun.
func (s *session) readMessage(r io.Reader) error {
	w := borrow()
	defer w.giveBack()
	s.conn.begun()
	if err := w.read(r); err != nil {
		return err
	}
	s.conn.ended()
	return s.handle(w)
}

// note notes why reading ended, unless somebody else ended the session before.
func (s *session) note(err error) {
	why := lost
	switch status := websocket.CloseStatus(err); {
	case status != -1 && status != websocket.StatusAbnormalClosure:
		why = left
	case errors.Is(err, websocket.ErrMessageTooBig):
		why = tooLarge
	case errors.Is(err, errMalformed):
		why = malformed
	case errors.Is(err, errPanicked):
		why = panicked
	case tookTooLong(err):
		why = slow
	case !isNetwork(err):
		why = protocol
	}
	s.why.CompareAndSwap(uint32(open), uint32(why))
}

// isNetwork reports whether err is that of a connection, and not of what came by it.
func isNetwork(err error) bool {
	_, is := errors.AsType[net.Error](err)
	return is || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// end ends the session at once.
func (s *session) end(why ending) {
	s.why.CompareAndSwap(uint32(open), uint32(why))
	s.out.end()
	_ = s.conn.Close() // again and again does no harm
}

// finish ends the session once all that its outbox holds is written.
func (s *session) finish(why ending) {
	s.why.CompareAndSwap(uint32(open), uint32(why))
	s.startIf(s.out.finish())
}

// survive recovers from a panic of the writer, and ends the session.
func (s *session) survive() {
	if s.recovered(recover()) {
		s.end(panicked)
	}
}

// recovered counts and logs the cause of a panic.
func (s *session) recovered(cause any) bool {
	if cause == nil {
		return false
	}
	s.front.metrics.panics.Inc()
	s.front.log.Error("panic in a session", slog.Any("cause", cause))
	return true
}
