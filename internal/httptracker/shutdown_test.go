package httptracker_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/httptracker"
	"github.com/starling-tracker/starling/internal/testutil"
)

// running serves until stop is called, which returns what Run does.
func running(t *testing.T, opts httptracker.Options) (addr string, stop func() error) {
	t.Helper()
	reg := prometheus.NewRegistry()
	service, _ := newTracker(reg)
	opts.Listen = []string{"127.0.0.1:0"}
	f, err := httptracker.New(t.Context(), service, slog.New(slog.DiscardHandler), reg, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()
	return f.Addrs()[0].String(), func() error {
		cancel()
		return <-stopped // go test's timeout ends it, if nothing else does
	}
}

func TestAStopLosesNoRequest(t *testing.T) {
	for name, keepAlive := range map[string]bool{"keep-alive": true, "a connection a request": false} {
		t.Run(name, func(t *testing.T) {
			for range 4 {
				addr, stop := running(t, httptracker.Options{
					IdleTimeout: time.Minute, AcceptGrace: 20 * time.Millisecond, ShutdownTimeout: 10 * time.Second,
				})
				clients := testutil.Announcers{Addr: addr, Target: base + "&port=1", KeepAlive: keepAlive}
				clients.Start(20)
				if err := clients.Await(t.Context(), 400); err != nil {
					t.Error(err)
				}
				if err := stop(); err != nil {
					t.Errorf("got %v, want a clean end", err)
				}
				if lost := clients.Wait(); lost != 0 {
					t.Errorf("got %d requests without a reply, of %d, want none", lost, clients.Answered())
				}
			}
		})
	}
}

// getPage gets the page from addr on a connection that stays open, and sends more behind it.
func getPage(t *testing.T, addr, more string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: t\r\n\r\n"+more)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return conn, r
}

func TestARequestThatTakesTooLongIsCutOff(t *testing.T) {
	addr, stop := running(t, httptracker.Options{ShutdownTimeout: 20 * time.Millisecond})
	conn, r := getPage(t, addr, "GET / HTTP/1.1\r\nHost: t\r\n") // and a request that never ends
	defer conn.Close()
	if err := stop(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("got another byte, want the connection closed")
	}
}

func TestAStopAtTheConnectionLimitDoesNotWaitForIdleConnections(t *testing.T) {
	addr, stop := running(t, httptracker.Options{
		MaxConnections: 1, IdleTimeout: time.Hour, ShutdownTimeout: time.Hour,
	})
	conn, _ := getPage(t, addr, "")
	defer conn.Close()
	if err := stop(); err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
