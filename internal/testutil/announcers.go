package testutil

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Announcers are HTTP clients that announce over and over until the tracker can no longer be
// reached, and keep account of what became of their requests.
type Announcers struct {
	Addr      string // host:port
	Target    string // of the announces: path and query
	KeepAlive bool   // a connection as long as it is kept, or a new one each time

	answered atomic.Int64
	lost     atomic.Int64
	clients  sync.WaitGroup
}

// Start starts n clients.
func (a *Announcers) Start(n int) {
	for range n {
		a.clients.Go(func() { (&announcer{Announcers: a}).run() })
	}
}

// Answered returns how many announces were answered so far.
func (a *Announcers) Answered() int64 { return a.answered.Load() }

// Await waits until n announces were answered, or until ctx is done.
func (a *Announcers) Await(ctx context.Context, n int64) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for a.Answered() < n {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d announces answered: %w", a.Answered(), ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// Wait waits until no client reaches the tracker any more, and returns how many requests a
// connection took and nobody answered.
func (a *Announcers) Wait() (lost int64) {
	a.clients.Wait()
	return a.lost.Load()
}

type announcer struct {
	*Announcers
	conn net.Conn
	r    *bufio.Reader
	used bool // the connection has answered before
}

var errUnreachable = errors.New("nobody listens")

func (c *announcer) run() {
	defer c.close()
	for {
		switch err := c.announce(); {
		case err == nil:
			c.answered.Add(1)
		case errors.Is(err, errUnreachable):
			return
		default:
			c.lost.Add(1)
			return
		}
	}
}

// announce makes one announce. As HTTP has it (RFC 9112, 9.3.1), a request may be repeated when the
// connection it went out on had served others and closed before the first byte of the reply.
func (c *announcer) announce() error {
	reused := c.conn != nil && c.used
	err := c.try()
	if err != nil && reused && !errors.Is(err, errUnreachable) {
		c.close()
		err = c.try()
	}
	if err != nil || !c.KeepAlive {
		c.close()
	}
	return err
}

func (c *announcer) try() error {
	if c.conn == nil {
		conn, err := (&net.Dialer{Timeout: 500 * time.Millisecond}).Dial("tcp", c.Addr)
		if err != nil {
			return errUnreachable // refused, or overlooked, which ends as a refusal a second later
		}
		c.conn, c.r, c.used = conn, bufio.NewReader(conn), false
	}
	if _, err := io.WriteString(c.conn, "GET "+c.Target+" HTTP/1.1\r\nHost: t\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(resp.Body)
	if err == nil && !strings.HasPrefix(string(body), "d8:complete") {
		err = errors.New("no reply to an announce")
	}
	if c.used = true; resp.Close {
		c.close()
	}
	return err
}

func (c *announcer) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}
