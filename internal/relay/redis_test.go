package relay_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// redisLease is short, since time is not the test's own.
const redisLease = 3 * time.Second

// overRedis returns a relay with a store of its own over the Redis at url, which runs until the test is over.
func overRedis(t *testing.T, url string, bus *end) (*relay.Relay, *redisstore.Store) {
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: "st:"})
	if err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	store := redisstore.New(conn, slog.New(slog.DiscardHandler), reg, redisstore.Options{
		PeerLifetime: time.Minute, Lease: redisLease, Deadline: time.Second, Queue: 4096, Hints: 1000, Now: time.Now,
	})
	trk := tracker.New(store, reg, tracker.Options{
		Interval: time.Minute, MinInterval: time.Minute, NumWant: 50, MaxNumWant: 200,
	})
	opts := relay.Options{Lease: redisLease, Lifetime: time.Minute, Timeout: time.Second}
	r := relay.New(trk, store, bus, slog.New(slog.DiscardHandler), reg, opts)
	for _, part := range []func(context.Context) error{r.Run, store.Run} {
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
	t.Cleanup(func() { _ = conn.Close() })
	return r, store
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
	one, store := overRedis(t, server.URL(), wire.join())
	two, _ := overRedis(t, server.URL(), wire.join())
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

func TestOverRedisReplicasAgreeWithTheTruth(t *testing.T) {
	const browsers, steps = 40, 3000
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	server := redistest.Start(t)
	wire := &wire{}
	var relays []*relay.Relay
	var store *redisstore.Store
	for range 3 {
		r, s := overRedis(t, server.URL(), wire.join())
		relays, store = append(relays, r), s
	}
	now, halfOpen := make([]*relay.Session, browsers), []*relay.Session(nil)
	online := 0
	for step := range steps {
		n := rng.IntN(browsers)
		switch old := now[n]; {
		case old == nil:
			online++
			now[n] = relays[rng.IntN(3)].Open(new(deaf))
		case rng.IntN(10) == 0:
			online--
			now[n] = nil
			old.Close()
			continue
		case rng.IntN(3) == 0:
			halfOpen = append(halfOpen, old)
			now[n] = relays[rng.IntN(3)].Open(new(deaf))
		}
		a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(n)), Proto: swarm.WebSocket}
		reply, _, err := now[n].Announce(t.Context(), a, nil, nil)
		// Those that closed a moment ago may be there still.
		if got := int(reply.Leechers); err != nil || got < online || got > browsers {
			t.Fatalf("seed %d, step %d: got %d browsers, error %v, want %d", seed, step, got, err, online)
		}
		if len(halfOpen) > 20 {
			halfOpen[0].Close()
			halfOpen = halfOpen[1:]
		}
	}
	for _, s := range halfOpen {
		s.Close()
	}
	await(t, fmt.Sprintf("seed %d, at the end", seed), store, online)
}
