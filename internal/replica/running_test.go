package replica_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
)

// patience is how long anything may take on a machine that has much else to do.
const patience = 20 * time.Second

// A logbook is what was logged.
type logbook struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// count returns how many lines have a text.
func (l *logbook) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

// await waits until a line has a text.
func (l *logbook) await(t *testing.T, text string) {
	t.Helper()
	tick, giveUp := time.NewTicker(10*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for l.count(text) == 0 {
		select {
		case <-tick.C:
		case <-giveUp:
			t.Fatalf("got no line with %q in %v", text, patience)
		}
	}
}

// A running replica.
type running struct {
	*replica.Replica
	conn     *redisconn.Conn
	registry *prometheus.Registry
	log      *logbook
	ended    <-chan error
	stop     context.CancelFunc
}

// run runs a replica until stop is called or the test is over.
func run(t *testing.T, url, prefix string) *running {
	t.Helper()
	r := &running{conn: connect(t, url, prefix), registry: prometheus.NewRegistry(), log: new(logbook)}
	r.Replica = replica.New(r.conn, slog.New(slog.NewTextHandler(r.log, nil)), r.registry, replica.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	ended, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		ended <- r.Run(ctx)
	}()
	r.ended, r.stop = ended, cancel
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return r
}

// hasJoined reports whether the replica has.
func (r *running) hasJoined() bool {
	select {
	case <-r.Joined():
		return true
	default:
		return false
	}
}

// awaitUp waits until Redis is said to be there, or away, and fails the test when that takes longer than it may.
func (r *running) awaitUp(t *testing.T, k kind, what string, want bool) {
	t.Helper()
	began := time.Now()
	k.await(what, func() bool { return r.Up() == want })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("%s: got it after %v, want it within 2s", what, took)
	}
	value := map[bool]string{false: "0", true: "1"}[want]
	if err := testutil.GatherAndCompare(r.registry, strings.NewReader("# HELP starling_redis_up "+
		"Whether Redis answers: 1 when it does, for a Cluster when any part of it does, otherwise 0.\n"+
		"# TYPE starling_redis_up gauge\nstarling_redis_up "+value+"\n"), "starling_redis_up"); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// failure waits for the end of Run and returns its error.
func (r *running) failure(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		t.Fatalf("got no end of Run in %v", patience)
		return nil
	}
}

// end stops the replica and returns how long that took.
func (r *running) end(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("got error %v from Run, want none at an orderly end", err)
	}
	return time.Since(began)
}
