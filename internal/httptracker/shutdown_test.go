package httptracker_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/httptracker"
)

// A client announces over and over, on one connection as long as it is kept or on a new one each
// time, until the tracker can no longer be reached.
type client struct {
	addr      string
	keepAlive bool
	answered  *atomic.Int64
	lost      *atomic.Int64 // requests that a connection took and nobody answered

	conn net.Conn
	r    *bufio.Reader
	used bool // the connection has answered before
}

func (c *client) run() {
	defer c.close()
	for {
		switch err := c.announce(); {
		case err == nil:
			c.answered.Add(1)
		case errors.Is(err, errRefused):
			return
		default:
			c.lost.Add(1)
			return
		}
	}
}

var errRefused = errors.New("nobody listens")

// announce makes one announce. As HTTP has it (RFC 9112, 9.3.1), a request may be repeated when the
// connection it went out on had served others and closed before the first byte of the reply.
func (c *client) announce() error {
	reused := c.conn != nil && c.used
	err := c.try()
	if err != nil && reused && !errors.Is(err, errRefused) {
		c.close()
		err = c.try()
	}
	if err != nil || !c.keepAlive {
		c.close()
	}
	return err
}

func (c *client) try() error {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.addr, 500*time.Millisecond)
		if err != nil {
			return errRefused // or overlooked, which ends as a refusal a second later
		}
		c.conn, c.r, c.used = conn, bufio.NewReader(conn), false
	}
	if _, err := io.WriteString(c.conn, "GET "+base+"&port=1 HTTP/1.1\r\nHost: t\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err == nil && !strings.HasPrefix(string(body), "d8:complete") {
		err = errors.New("no announce reply")
	}
	if c.used = true; resp.Close {
		c.close()
	}
	return err
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

func TestAStopLosesNoRequest(t *testing.T) {
	for name, keepAlive := range map[string]bool{"keep-alive": true, "a connection a request": false} {
		t.Run(name, func(t *testing.T) {
			for range 4 {
				stopUnderLoad(t, keepAlive)
			}
		})
	}
}

func stopUnderLoad(t *testing.T, keepAlive bool) {
	t.Helper()
	reg := prometheus.NewRegistry()
	service, _ := newTracker(reg)
	f, err := httptracker.New(service, slog.New(slog.DiscardHandler), reg, httptracker.Options{
		Listen: []string{"127.0.0.1:0"}, IdleTimeout: time.Minute, ShutdownTimeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()

	var answered, lost atomic.Int64
	var clients sync.WaitGroup
	for range 20 {
		clients.Go((&client{addr: f.Addrs()[0].String(), keepAlive: keepAlive, answered: &answered, lost: &lost}).run)
	}
	for answered.Load() < 400 {
		select {
		case err := <-stopped:
			t.Fatalf("Run ended: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	clients.Wait()
	if n := lost.Load(); n != 0 {
		t.Errorf("got %d requests without a reply, of %d, want none", n, answered.Load())
	}
}
