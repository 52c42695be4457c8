package httptracker

import (
	"net"
	"sync"
)

// A bounded listener has at most so many connections open at once; others wait in the kernel's queue.
// A connection has its place until it is closed or leaves HTTP: what becomes a WebSocket is bounded by
// those who serve it, and must not keep requests out for as long as a browser's tab is open.
type bounded struct {
	net.Listener
	places chan struct{} // holds one for each place that is taken
	closed chan struct{}
	once   sync.Once
}

func bound(ln net.Listener, connections int) *bounded {
	return &bounded{Listener: ln, places: make(chan struct{}, connections), closed: make(chan struct{})}
}

// Accept waits for a place, and then for a connection.
func (b *bounded) Accept() (net.Conn, error) {
	select {
	case b.places <- struct{}{}:
	case <-b.closed:
		return nil, net.ErrClosed
	}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.places
		return nil, err
	}
	return &placed{Conn: conn, places: b.places}, nil
}

// Close also ends the wait for a place.
func (b *bounded) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// A placed connection has a place.
type placed struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

// leave gives the place to another connection.
func (p *placed) leave() { p.once.Do(func() { <-p.places }) }

// Close leaves as well.
func (p *placed) Close() error {
	err := p.Conn.Close()
	p.leave()
	return err
}
