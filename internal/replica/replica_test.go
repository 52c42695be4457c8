package replica_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestMain(m *testing.M) {
	redisconn.LogTo(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// A kind is a Redis to test with.
type kind struct {
	url     string
	servers []*redistest.Server // the masters
}

// eachKind runs test with a single server and with a Cluster.
func eachKind(t *testing.T, test func(t *testing.T, k kind)) {
	t.Run("single", func(t *testing.T) {
		s := redistest.Start(t)
		test(t, kind{s.URL(), []*redistest.Server{s}})
	})
	t.Run("cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3, false)
		test(t, kind{c.URL(), c.Masters})
	})
}

func (k kind) flush() {
	for _, s := range k.servers {
		s.Do("FLUSHALL")
	}
}

// await waits until ask returns true.
func (k kind) await(what string, ask func() bool) {
	k.servers[0].Await(what, func(context.Context) error {
		if !ask() {
			return errors.New("not yet")
		}
		return nil
	})
}

var opened atomic.Int64

// newPrefix returns the beginning of key names that no other test has.
func newPrefix() string { return fmt.Sprintf("t%d:", opened.Add(1)) }

func connect(t testing.TB, url, prefix string) *redisconn.Conn {
	t.Helper()
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// newReplica returns a replica over conn that does not run.
func newReplica(conn *redisconn.Conn, opts replica.Options) *replica.Replica {
	return replica.New(conn, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), opts)
}

// beat has each replica beat once, one after the other.
func beat(t testing.TB, replicas ...*replica.Replica) {
	t.Helper()
	for _, r := range replicas {
		if err := r.Beat(t.Context()); err != nil {
			t.Fatalf("heartbeat: %v", err)
		}
	}
}

// A clock shows the time that it is told.
type clock struct{ nanos atomic.Int64 }

func newClock(at time.Time) *clock {
	c := new(clock)
	c.set(at)
	return c
}

func (c *clock) set(at time.Time) { c.nanos.Store(at.UnixNano()) }

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()) }

func TestReplicasThatStartTogetherAgree(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		for range 6 {
			prefix, now := newPrefix(), time.Now()
			replicas := make([]*replica.Replica, 8)
			for i := range replicas {
				replicas[i] = newReplica(connect(t, k.url, prefix), replica.Options{})
				if _, err := replicas[i].Probe(t.Context()); err != nil { // which opens the connections
					t.Fatal(err)
				}
			}
			start := make(chan struct{})
			var wg sync.WaitGroup
			for _, r := range replicas {
				wg.Go(func() {
					<-start
					if err := r.Beat(t.Context()); err != nil {
						t.Errorf("heartbeat: %v", err)
					}
				})
			}
			close(start)
			wg.Wait()
			want, wantOther := replicas[0].Secrets(now)
			for _, r := range replicas {
				if got, other := r.Secrets(now); got != want || other != wantOther {
					t.Errorf("got secrets %x and %x, want those of the first replica, %x and %x", got, other, want, wantOther)
				}
			}
			infos, err := replicas[0].List(t.Context())
			if err != nil || len(infos) != len(replicas) {
				t.Errorf("got %d replicas in the list, error %v, want %d", len(infos), err, len(replicas))
			}
		}
	})
}
