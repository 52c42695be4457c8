package httptracker

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// A listener ends without losing a request. One that is simply closed resets the connections that
// wait to be accepted, with the requests that they have already sent. Connections on which nothing was
// sent yet may be reset at the end.
type listener struct {
	*net.TCPListener
	ending atomic.Bool
}

// lastLook is how long Accept waits once more when the time of a listener that ends is up. What waits
// to be accepted by then is accepted at once, however busy the machine is.
const lastLook = 20 * time.Millisecond

// end stops new connections from being opened, where the system can, accepts those that are on their
// way for as long as grace, and then lets Accept return net.ErrClosed as soon as nobody waits.
func (l *listener) end(grace time.Duration) {
	l.ending.Store(true)
	refuseHandshakes(l.TCPListener)
	_ = l.SetDeadline(time.Now().Add(grace)) // fails when it is closed already
}

// Accept returns the next connection.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if l.ending.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = l.SetDeadline(time.Now().Add(lastLook))
		if conn, err = l.AcceptTCP(); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, net.ErrClosed
		}
	}
	if err != nil {
		return nil, err // not conn, which would be a net.Conn that holds nothing
	}
	return conn, nil
}
