package httptracker

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// A listener ends without losing a client. One that is simply closed resets the connections that
// wait to be accepted, with the requests that they have already sent.
type listener struct {
	*net.TCPListener
	ending atomic.Bool
}

// end stops new connections from being opened, where the system can, accepts those that are on their
// way for as long as grace, and then lets Accept return net.ErrClosed.
func (l *listener) end(grace time.Duration) {
	l.ending.Store(true)
	refuseHandshakes(l.TCPListener)
	_ = l.SetDeadline(time.Now().Add(grace)) // fails when it is closed already
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
