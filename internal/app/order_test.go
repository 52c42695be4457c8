package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/starling-tracker/starling/internal/ops"
)

// A part is a runner that tells when it starts and stops.
type part struct {
	name    string
	told    chan<- string
	stops   error           // what Run returns
	fails   <-chan struct{} // ends Run by itself
	lingers time.Duration   // how long Run takes to end
}

func (p part) Run(ctx context.Context) error {
	p.told <- p.name + " started"
	select {
	case <-ctx.Done():
		<-time.After(p.lingers)
	case <-p.fails:
	}
	p.told <- p.name + " stopped"
	return p.stops
}

func fakeParts(told chan<- string, listener part) *parts {
	listener.name, listener.told = "listener", told
	return &parts{
		log: slog.New(slog.DiscardHandler), health: new(ops.Health),
		listeners: []runner{listener}, services: []runner{part{name: "service", told: told, lingers: listener.lingers}},
		backends: []runner{part{name: "backend", told: told}},
	}
}

func TestServicesOutliveListenersAndBackendsOutliveServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan string, 6)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- fakeParts(told, part{lingers: time.Second}).run(ctx, 0) }()
		for range 3 {
			<-told
		}
		stop()
		for _, want := range []string{"listener stopped", "service stopped", "backend stopped"} {
			if got := <-told; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		if err := <-done; err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
	})
}

func TestAPartThatBreaksEndsAll(t *testing.T) {
	told, broken := make(chan string, 6), make(chan struct{})
	cause := errors.New("the socket broke")
	done := make(chan error)
	go func() { done <- fakeParts(told, part{stops: cause, fails: broken}).run(t.Context(), time.Hour) }()
	<-told
	<-told
	close(broken)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}
