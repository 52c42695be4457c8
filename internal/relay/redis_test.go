package relay_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// redisLease is short, since time is not the test's own.
const redisLease = 3 * time.Second

// An overRedis is a relay with a store of its own over Redis.
type overRedis struct {
	*relay.Relay
	store *redisstore.Store
	kill  func() // nothing of it reaches Redis any more
}

// openOverRedis returns a relay over the Redis at url, which runs until the test is over. Without a bus it has one
// of its own, over Redis too.
func openOverRedis(t *testing.T, url string, bus tracker.Bus) overRedis {
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: "st:"})
	if err != nil {
		t.Fatal(err)
	}
	reg, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	store := redisstore.New(conn, log, reg, redisstore.Options{
		PeerLifetime: time.Minute, Lease: redisLease, Deadline: time.Second, Queue: 4096, Hints: 1000, Now: time.Now,
	})
	trk := tracker.New(store, reg, tracker.Options{
		Interval: time.Minute, MinInterval: time.Minute, NumWant: 50, MaxNumWant: 200,
	})
	backends := []func(context.Context) error{store.Run}
	if bus == nil {
		own := redisbus.New(conn, log, reg, redisbus.Options{Partitions: 32})
		bus, backends = own, append(backends, own.Run)
	}
	r := relay.New(trk, store, bus, log, reg, relay.Options{Lease: redisLease, Lifetime: time.Minute, Timeout: time.Second})
	for _, part := range append([]func(context.Context) error{r.Run}, backends...) {
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan error, 1)
		go func() { stopped <- part(ctx) }()
		defer t.Cleanup(func() { // the relay's first
			cancel()
			if err := <-stopped; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	kill := func() { _ = conn.Close() }
	t.Cleanup(kill)
	return overRedis{r, store, kill}
}

// await waits until the store counts n browsers in hash(1).
func await(t *testing.T, what string, store *redisstore.Store, n int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		stats, err := store.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
		got := int(stats[0].Seeders + stats[0].Leechers)
		if err == nil && got == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: got %d browsers, error %v, want %d", what, got, err, n)
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestOverRedisTheTruthReturnsAfterAnOutage(t *testing.T) {
	server := redistest.Start(t)
	wire := &wire{}
	one, two := openOverRedis(t, server.URL(), wire.join()), openOverRedis(t, server.URL(), wire.join())
	store := one.store
	say := func(s *relay.Session, n int) {
		t.Helper()
		if _, _, err := s.Announce(t.Context(), announceOf(n), offers('x', 5), nil); err != nil {
			t.Fatalf("announce of browser %d: %v", n, err)
		}
	}
	a, b := one.Open(new(deaf)), two.Open(new(deaf))
	for n := range 300 {
		say(a, n)
	}
	for n := 200; n < 400; n++ {
		say(b, n)
	}
	await(t, "a hundred of them moved", store, 400)
	server.Kill()
	say(a, 1)
	say(b, 400)
	server.Restart()
	await(t, "after an outage, and with nothing kept", store, 401)
	a.Close()
	await(t, "the first session closed", store, 201)
	b.Close()
	await(t, "both closed", store, 0)
}
