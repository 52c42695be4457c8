//go:build linux

package main

import (
	"context"
	"net"
	"sync"

	"github.com/coder/websocket"
)

// A floorOutbox has the messages of one socket written together that came while others were written. It
// has no limit: a closed loop has one.
type floorOutbox struct {
	conn *websocket.Conn
	held *heldConn
	wake chan struct{} // of capacity 1

	mu       sync.Mutex // guards the rest
	messages []byte
	ends     []int
	closed   bool
}

func newFloorOutbox(conn *websocket.Conn, held *heldConn) *floorOutbox {
	held.hold()
	return &floorOutbox{conn: conn, held: held, wake: make(chan struct{}, 1)}
}

func (o *floorOutbox) add(message []byte) {
	o.mu.Lock()
	o.messages = append(o.messages, message...)
	o.ends = append(o.ends, len(o.messages))
	first := len(o.ends) == 1
	o.mu.Unlock()
	if first {
		o.signal()
	}
}

func (o *floorOutbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// close has run return.
func (o *floorOutbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.signal()
}

// run writes until close.
func (o *floorOutbox) run(ctx context.Context) {
	var messages []byte
	var ends []int
	for range o.wake {
		o.mu.Lock()
		messages, o.messages = o.messages, messages[:0]
		ends, o.ends = o.ends, ends[:0]
		closed := o.closed
		o.mu.Unlock()
		if closed {
			return
		}
		begin := 0
		for _, end := range ends {
			_ = o.conn.Write(ctx, websocket.MessageText, messages[begin:end]) // into held alone
			begin = end
		}
		_ = o.held.flush() // the socket's reader learns of errors
	}
}

// heldConnKey finds the connection of a request in its context.
type heldConnKey struct{}

// A heldListener has connections that can hold back what is written.
type heldListener struct{ net.Listener }

func (l heldListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &heldConn{Conn: c}, nil
}

// A heldConn writes through, until hold: then what is written waits for flush.
type heldConn struct {
	net.Conn
	mu      sync.Mutex // guards the rest
	holding bool
	bytes   []byte
}

func (c *heldConn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holding = true
}

func (c *heldConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holding {
		return c.Conn.Write(b)
	}
	c.bytes = append(c.bytes, b...)
	return len(b), nil
}

func (c *heldConn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.Conn.Write(c.bytes)
	c.bytes = c.bytes[:0]
	return err
}
