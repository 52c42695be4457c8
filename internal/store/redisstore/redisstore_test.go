package redisstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/store/storetest"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var opened atomic.Int64

// connect returns a client with key names of its own.
func connect(t testing.TB, url string) *redisconn.Conn {
	t.Helper()
	return connectFor(t, url, 0)
}

// connectFor is connect where an answer may take as long as timeout.
func connectFor(t testing.TB, url string, timeout time.Duration) *redisconn.Conn {
	t.Helper()
	prefix := fmt.Sprintf("t%d:", opened.Add(1))
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: prefix, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// open returns a store that runs until the test is over.
func open(t testing.TB, conn *redisconn.Conn, opts redisstore.Options) *redisstore.Store {
	t.Helper()
	return openWith(t, conn, prometheus.NewRegistry(), opts)
}

// openWith is open with a registry for the store's metrics.
func openWith(t testing.TB, conn *redisconn.Conn, reg prometheus.Registerer, opts redisstore.Options) *redisstore.Store {
	t.Helper()
	s := redisstore.New(conn, slog.New(slog.DiscardHandler), reg, opts)
	runStore(t, s)
	return s
}

// runStore runs a store until the test is over.
func runStore(t testing.TB, s *redisstore.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

var options = redisstore.Options{
	PeerLifetime: time.Hour, Lease: time.Minute, Deadline: 10 * time.Second, Queue: 4096, Hints: 10_000, Now: time.Now,
}

// opener opens stores over the Redis at url.
func opener(url string) storetest.Open {
	return func(t testing.TB, opts storetest.Options) storetest.Opened {
		var since atomic.Int64
		start := time.Now() // the clock stands still but for Advance, or slow machines let peers die
		o := options
		o.PeerLifetime, o.Lease, o.MaxPeersPerSwarm = opts.PeerLifetime, opts.Lease, opts.MaxPeersPerSwarm
		o.Now = func() time.Time { return start.Add(time.Duration(since.Load())) }
		store := open(t, connectFor(t, url, o.Deadline), o)
		return storetest.Opened{
			Store:             store,
			Leases:            store,
			Advance:           func(d time.Duration) { since.Add(int64(d)) },
			AnyNumberOfSwarms: true,
		}
	}
}

func TestKeepsTheContractOnASingleServer(t *testing.T) {
	t.Parallel()
	storetest.Run(t, opener(redistest.Start(t).URL()))
}

func TestKeepsTheContractOnACluster(t *testing.T) {
	t.Parallel()
	storetest.Run(t, opener(redistest.StartCluster(t, 3, false).URL()))
}
