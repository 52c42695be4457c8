package ops_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// inFlight starts a request to a node whose store does what inspect does, and returns when it has
// got there.
func inFlight(t *testing.T, inspect func(ctx context.Context, n *node)) (stop func(), answered func() (reply, error)) {
	t.Helper()
	var n *node
	began, done := make(chan struct{}), make(chan struct{})
	n = open(t, inspector(func(ctx context.Context, _ bittorrent.InfoHash, _ int) (swarm.Detail, error) {
		close(began)
		inspect(ctx, n)
		return swarm.Detail{}, nil
	}))
	stop = n.run(t)
	var r reply
	var err error
	go func() {
		defer close(done)
		r, err = n.ask(http.MethodGet, "/swarms/"+hashText)
	}()
	<-began
	return stop, func() (reply, error) {
		<-done
		return r, err
	}
}

func TestRequestsInFlightAreAnsweredAfterTheEnd(t *testing.T) {
	stop, answered := inFlight(t, func(_ context.Context, n *node) {
		for { // until nobody can connect any more
			conn, err := net.Dial("tcp", n.Addr().String())
			if err != nil {
				return
			}
			conn.Close()
		}
	})
	stop()
	if r, err := answered(); err != nil || r.status != http.StatusOK {
		t.Errorf("got %+v, error %v, want 200", r, err)
	}
}

func TestARequestThatTakesTooLongIsCutOff(t *testing.T) {
	stop, answered := inFlight(t, func(ctx context.Context, _ *node) { <-ctx.Done() })
	stop()
	r, err := answered()
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		t.Errorf("got %+v, error %v, want the connection closed by the server", r, err)
	}
}

func TestRunClosesTheListener(t *testing.T) {
	n := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.Run(ctx); err != nil {
		t.Errorf("got error %v from Run, want none", err)
	}
	if err := n.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got error %v from Close, want %v", err, net.ErrClosed)
	}
}
