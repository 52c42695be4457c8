package httptracker_test

import (
	"context"
	"log/slog"
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
