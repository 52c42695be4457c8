package replica_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
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

func TestAReplicaOutlivesItsRedis(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		r := run(t, k.url, prefix)
		k.await("the first contact", r.hasJoined)
		secret := current(r.Replica, time.Now())
		shared := func() bool {
			n, err := r.conn.HLen(t.Context(), r.conn.Secrets()).Result()
			lost, _ := r.Probe(t.Context())
			infos, _ := r.List(t.Context())
			return err == nil && n >= 2 && !lost && len(infos) == 1
		}
		k.await("what is shared", shared)
		k.flush()
		k.await("what is shared, after a flush", shared)
		for _, s := range k.servers {
			s.Freeze()
		}
		r.awaitUp(t, k, "frozen", false)
		for _, s := range k.servers {
			s.Thaw()
		}
		r.awaitUp(t, k, "thawed", true)
		for _, s := range k.servers {
			s.Kill()
		}
		r.awaitUp(t, k, "killed", false)
		for _, s := range k.servers {
			s.Restart()
		}
		k.await("the restarted server", r.Up)
		k.await("what is shared, after a restart", shared)
		if got := current(r.Replica, time.Now()); got != secret {
			t.Errorf("got secret %x after all that, want still %x", got, secret)
		}
		if away, back := r.log.count("redis is away"), r.log.count("redis is back"); back < 2 || away < back {
			t.Errorf("got %d lines of Redis gone and %d of it back, want one of either for each time", away, back)
		}
		r.end(t)
		if r.Up() {
			t.Error("got Redis up after the end, want it unknown and so not up")
		}
	})
}

func TestTheFirstContactWaitsForRedis(t *testing.T) {
	s := redistest.Start(t)
	k := kind{s.URL(), []*redistest.Server{s}}
	s.Kill()
	r := run(t, s.URL(), newPrefix())
	r.log.await(t, "redis is away")
	if r.hasJoined() || r.Up() {
		t.Errorf("got joined %v, up %v without Redis, want neither", r.hasJoined(), r.Up())
	}
	s.Restart()
	r.awaitUp(t, k, "the server that came late", true)
	k.await("the first contact", r.hasJoined)
	for text, want := range map[string]int{"redis is away": 1, "redis is back": 1, "joined the replicas": 1} {
		if got := r.log.count(text); got != want {
			t.Errorf("got %d lines %q, want %d", got, text, want)
		}
	}
}

func TestAPartOfAClusterIsEnough(t *testing.T) {
	c := redistest.StartCluster(t, 3, false)
	r := newReplica(connect(t, c.URL(), newPrefix()), replica.Options{})
	beat(t, r)
	for i, s := range c.Masters {
		s.Freeze()
		_, err := r.Probe(t.Context())
		if up, want := err == nil, i < 2; up != want {
			t.Errorf("%d of 3 masters frozen: got error %v, want Redis up: %v", i+1, err, want)
		}
	}
	for _, s := range c.Masters {
		s.Thaw()
	}
}

func TestAClusterThatServesNobodyIsAway(t *testing.T) {
	c := redistest.StartCluster(t, 3, false)
	k := kind{c.URL(), c.Masters[1:]}
	r := run(t, c.URL(), newPrefix())
	k.await("the first contact", r.hasJoined)
	c.Masters[0].Kill() // the others answer, and after a second refuse all keys
	k.await("the cluster's end", func() bool { return !r.Up() })
	c.Masters[0].Restart()
	k.await("the cluster", r.Up)
}

func TestAnotherLayoutEndsRun(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		r := run(t, k.url, prefix)
		k.await("the first contact", r.hasJoined)
		if err := r.conn.HSet(t.Context(), r.conn.Meta(), "layout", replica.Layout+1).Err(); err != nil {
			t.Fatal(err)
		}
		late := run(t, k.url, prefix)
		if err := late.failure(t); !errors.Is(err, replica.ErrLayout) || late.hasJoined() {
			t.Errorf("a new replica: got error %v, want another layout", err)
		}
		if err := r.failure(t); !errors.Is(err, replica.ErrLayout) {
			t.Errorf("a replica that runs: got error %v, want another layout", err)
		}
		if infos := list(t, r.Replica); len(infos) != 0 {
			t.Errorf("got %v in the list, want nobody", infos)
		}
	})
}

func TestAnOrderlyEndLeavesTheList(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		a, b := run(t, k.url, prefix), run(t, k.url, prefix)
		k.await("both replicas", func() bool { return a.hasJoined() && b.hasJoined() })
		if got := len(list(t, b.Replica)); got != 2 {
			t.Errorf("got %d replicas, want 2", got)
		}
		a.end(t)
		if got := list(t, b.Replica); len(got) != 1 || got[0].Tag != b.Tag() {
			t.Errorf("got %v after the end of one, want the other", got)
		}
		if n, err := b.conn.Exists(t.Context(), b.conn.Replica(a.Tag())).Result(); n != 0 || err != nil {
			t.Errorf("got facts of a replica that left, error %v, want none", err)
		}
		if n, err := b.conn.ZCard(t.Context(), b.conn.Replicas()).Result(); n != 1 || err != nil {
			t.Errorf("got %d tags after the end of one of two, error %v, want 1", n, err)
		}
	})
}

func TestAnEndDoesNotWaitForRedis(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		r := run(t, k.url, newPrefix())
		k.await("the first contact", r.hasJoined)
		for _, s := range k.servers {
			s.Freeze()
			defer s.Thaw()
		}
		if took := r.end(t); took > time.Second {
			t.Errorf("got the end after %v while Redis is frozen, want it after 500ms", took)
		}
	})
}

func TestTheClockIsKeptAndItsSkewShown(t *testing.T) {
	s := redistest.Start(t)
	k := kind{s.URL(), []*redistest.Server{s}}
	r := run(t, s.URL(), newPrefix())
	k.await("the first contact", r.hasJoined)
	problems, err := testutil.GatherAndLint(r.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v, want no problem with the metrics", problems, err)
	}
	if n, err := testutil.GatherAndCount(r.registry, "starling_redis_clock_skew_seconds"); n != 1 || err != nil {
		t.Errorf("got %d skews, error %v, want one", n, err)
	}
	if r.log.count("clock") > 0 {
		t.Error("got a warning of the clock on one machine, want none")
	}
}

func TestAReplicaJoinsThoughRedisIsFull(t *testing.T) {
	server := redistest.Start(t)
	url, prefix := server.URL(), newPrefix()
	first := run(t, url, prefix)
	<-first.Joined()
	server.Do("CONFIG", "SET", "maxmemory", "1")
	late := run(t, url, prefix)
	select {
	case <-late.Joined():
	case <-time.After(20 * time.Second):
		t.Error("got a replica that has not joined after 20 s, though all that it needs is there")
	}
}

func TestARedisThatTakesNoWritesIsNotWell(t *testing.T) {
	tests := []struct {
		name        string
		before, now []any
		reason      string
	}{
		{"replica of another", []any{"REPLICAOF", "NO", "ONE"}, []any{"REPLICAOF", "127.0.0.1", "1"}, "READONLY"},
		{"full", []any{"CONFIG", "SET", "maxmemory", "0"}, []any{"CONFIG", "SET", "maxmemory", "1"}, "OOM"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := redistest.Start(t)
			k := kind{s.URL(), []*redistest.Server{s}}
			r := run(t, k.url, newPrefix())
			k.await("the first contact", func() bool { return r.hasJoined() && r.Takes() })
			s.Do(tt.now...)
			k.await("a heartbeat that is refused", func() bool { return !r.Takes() })
			if !r.Up() {
				t.Error("got Redis away, want it up, since it answers")
			}
			r.log.await(t, tt.reason)
			s.Do(tt.before...)
			k.await("a heartbeat", r.Takes)
			r.end(t)
			if r.Takes() {
				t.Error("got it well after the end, want it unknown and so not")
			}
		})
	}
}
