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
	f, err := httptracker.New(t.Context(), service, slog.New(slog.DiscardHandler), reg, httptracker.Options{
		Listen: []string{"127.0.0.1:0"}, IdleTimeout: time.Minute, AcceptGrace: 20 * time.Millisecond,
		ShutdownTimeout: 10 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()

	clients := testutil.Announcers{Addr: f.Addrs()[0].String(), Target: base + "&port=1", KeepAlive: keepAlive}
	clients.Start(20)
	if err := clients.Await(ctx, 400); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	if lost := clients.Wait(); lost != 0 {
		t.Errorf("got %d requests without a reply, of %d, want none", lost, clients.Answered())
	}
}

func TestARequestThatTakesTooLongIsCutOff(t *testing.T) {
	reg := prometheus.NewRegistry()
	service, _ := newTracker(reg)
	f, err := httptracker.New(t.Context(), service, slog.New(slog.DiscardHandler), reg, httptracker.Options{
		Listen: []string{"127.0.0.1:0"}, ShutdownTimeout: 20 * time.Millisecond, AcceptGrace: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()
	conn, err := net.Dial("tcp", f.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// One request is served, so that the connection is known, and another never ends.
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: t\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n")
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-stopped; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("got another byte, want the connection closed")
	}
}

func TestAStopAtTheConnectionLimitDoesNotWaitForIdleConnections(t *testing.T) {
	reg := prometheus.NewRegistry()
	service, _ := newTracker(reg)
	f, err := httptracker.New(t.Context(), service, slog.New(slog.DiscardHandler), reg, httptracker.Options{
		Listen: []string{"127.0.0.1:0"}, MaxConnections: 1, IdleTimeout: time.Hour, ShutdownTimeout: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- f.Run(ctx) }()
	conn, err := net.Dial("tcp", f.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "OPTIONS / HTTP/1.1\r\nHost: t\r\n\r\n")
	if status, err := bufio.NewReader(conn).ReadString('\n'); err != nil || status != "HTTP/1.1 200 OK\r\n" {
		t.Fatalf("got %q, error %v", status, err)
	}
	stop()
	if err := <-stopped; err != nil { // go test's timeout, if it waits
		t.Errorf("got %v, want a clean end", err)
	}
}
