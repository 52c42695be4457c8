package httptracker

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// lastHandshakes is how long a listener that ends waits for connections that are being opened: a
// few round trips to the other side of the world.
const lastHandshakes = 250 * time.Millisecond

// A listener ends without losing a client. One that is simply closed resets the connections that
// wait to be accepted, with the requests that they have already sent.
type listener struct {
	*net.TCPListener
	ending atomic.Bool
}

// end stops new connections from being opened, where the system can, accepts for a while those that
// are on their way, and then lets Accept return net.ErrClosed.
func (l *listener) end() {
	l.ending.Store(true)
	refuseHandshakes(l.TCPListener)
	_ = l.SetDeadline(time.Now().Add(lastHandshakes)) // fails when it is closed already
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	switch {
	case err == nil:
		return conn, nil
	case l.ending.Load() && errors.Is(err, os.ErrDeadlineExceeded):
		return nil, net.ErrClosed
	default:
		return nil, err
	}
}
