package wstracker

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// readBuffer holds what a session reads at once besides a message's own bytes: most messages without
	// offers come with one system call. It is there for as long as the socket, so it is small.
	readBuffer = 512
	// writeBuffer takes any control frame whole: 2 bytes of header and at most 125 of payload (RFC 6455,
	// 5.5). What is longer goes past it.
	writeBuffer = 128
	// maxMessageTime is how long a message may take to arrive once it has begun, since until then it
	// occupies memory.
	maxMessageTime = 30 * time.Second
)

// pingFrame is an empty ping (RFC 6455, 5.5.2).
var pingFrame = []byte{0x89, 0x00}

// A conn is the network connection below the WebSocket library. It gathers the frames that the library
// writes one by one into one system call, gives every write its time, notes when the browser was
// heard of last, and can write a ping without anybody waiting for the pong.
//
// The session's writer writes messages between gather and flush only. All else that the library writes
// is control frames, and writeBuffer makes one Write of each, so that between two calls of Write outside
// of a message there is always the end of a frame.
type conn struct {
	net.Conn
	patience time.Duration // of a write
	clock    *atomic.Uint32
	heard    atomic.Uint32 // what clock said when bytes were read last

	interrupted atomic.Bool // Read fails

	early     []byte // what came with the handshake, still to be read
	inMessage bool   // the reader is within a message
	timed     bool   // and its end has a deadline

	mu        sync.Mutex // guards the following, and keeps writes apart
	gathering bool
	gathered  []byte
}

// Read is called by the session's reader alone.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	if c.inMessage && !c.timed {
		c.timed = true
		_ = c.SetReadDeadline(time.Now().Add(maxMessageTime)) // a closed connection says so when it is read
	}
	if c.interrupted.Load() { // and if not yet, its deadline is still to come, and counts
		return 0, os.ErrDeadlineExceeded
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(c.clock.Load())
	}
	return n, err
}

// begun tells that a message has begun: what is read from now on has to come in time.
func (c *conn) begun() { c.inMessage = true }

// ended tells that the message is complete: its next one may take any time to begin.
func (c *conn) ended() {
	c.inMessage = false
	if c.timed {
		c.timed = false
		_ = c.SetReadDeadline(time.Time{})
	}
}

// interrupt makes Read fail until closing is called. Anybody may call it.
func (c *conn) interrupt() {
	c.interrupted.Store(true)
	_ = c.SetReadDeadline(time.Unix(1, 0))
}

// closing lets Read go on for a while after an interrupt, or within a message, so that the browser can answer
// a close frame. What it sends before its answer is read to its end, which without a deadline may never
// come: the library gives up no read. It is called by the session's reader.
func (c *conn) closing() {
	c.inMessage = false
	c.interrupted.Store(false)
	_ = c.SetReadDeadline(time.Now().Add(c.patience))
}

// Write writes p, or keeps a copy of it until flush.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gathering {
		c.gathered = append(c.gathered, p...)
		return len(p), nil
	}
	return c.write(p)
}

// gather makes Write append to buf, which is the connection's until flush returns it.
func (c *conn) gather(buf []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gathering, c.gathered = true, buf
}

// flush writes what was gathered since gather, and returns the buffer.
func (c *conn) flush() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf := c.gathered
	c.gathering, c.gathered = false, nil
	_, err := c.write(buf)
	return buf, err
}

func (c *conn) write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	_ = c.SetWriteDeadline(time.Now().Add(c.patience)) // a closed connection says so when it is written to
	return c.Conn.Write(p)
}

// tookTooLong reports whether err is that of a read or write whose time was up.
func tookTooLong(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
