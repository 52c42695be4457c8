package relay_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A fleet is browsers at replicas over one Redis.
type fleet struct {
	t        *testing.T
	rng      *rand.Rand
	start    func() overRedis
	replicas []overRedis
	now      []seat // of each browser
	halfOpen []seat
	online   int
}

// A seat is a session at a replica, or neither.
type seat struct {
	*relay.Session
	at int
}

func TestOverRedisReplicasAgreeWithTheTruth(t *testing.T) {
	t.Run("Single", func(t *testing.T) {
		s := redistest.Start(t)
		agree(t, []*redistest.Server{s}, func() overRedis { return openOverRedis(t, s.URL(), nil) })
	})
	t.Run("Cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3, false)
		agree(t, c.Masters, func() overRedis { return openOverRedis(t, c.URL(), nil) })
	})
}

// agree has browsers come, go and move, first with nothing that fails, when each reply must count all of them,
// and then while connections are lost and replicas are killed.
func agree(t *testing.T, masters []*redistest.Server, start func() overRedis) {
	const browsers, steps, faultEvery = 40, 1500, 75
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the seed was %d", seed)
		}
	})
	f := &fleet{t: t, rng: rand.New(rand.NewPCG(seed, 0)), start: start, now: make([]seat, browsers)}
	for range 3 {
		f.replicas = append(f.replicas, start())
	}
	for range steps {
		f.step(true)
	}
	for n := range steps {
		switch {
		case n%faultEvery != 0:
			f.step(false)
		case f.rng.IntN(6) == 0:
			f.killReplica(f.rng.IntN(3))
		default:
			for _, m := range masters {
				m.Do("CLIENT", "KILL", "TYPE", "pubsub")
			}
		}
	}
	for _, s := range f.halfOpen {
		s.Close()
	}
	for n, s := range f.now {
		if s.Session != nil {
			f.announce(n)
		}
	}
	f.awaitTruth()
}

// step has any browser do something. When all is sure its reply counts everybody; those that closed a moment
// ago may be there still.
func (f *fleet) step(sure bool) {
	f.t.Helper()
	n := f.rng.IntN(len(f.now))
	switch old := f.now[n]; {
	case old.Session == nil:
		f.online++
		f.sit(n)
	case f.rng.IntN(10) == 0:
		f.online--
		f.now[n] = seat{}
		old.Close()
		return
	case f.rng.IntN(3) == 0:
		f.halfOpen = append(f.halfOpen, old)
		f.sit(n)
	}
	if got := f.announce(n); got > len(f.now) || sure && got < f.online {
		f.t.Fatalf("got %d browsers in a reply, want %d, and no more than there are, %d", got, f.online, len(f.now))
	}
	if len(f.halfOpen) > 20 {
		f.halfOpen[0].Close()
		f.halfOpen = f.halfOpen[1:]
	}
}

// sit gives the n-th browser a session at any replica.
func (f *fleet) sit(n int) {
	at := f.rng.IntN(len(f.replicas))
	f.now[n] = seat{f.replicas[at].Open(new(deaf)), at}
}

func (f *fleet) announce(n int) (counted int) {
	f.t.Helper()
	a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(n)), Proto: swarm.WebSocket}
	reply, _, err := f.now[n].Announce(f.t.Context(), a, nil, nil)
	if err != nil {
		f.t.Fatalf("announce of browser %d: %v", n, err)
	}
	return int(reply.Leechers)
}

// killReplica kills one and starts another in its place. Its browsers come back at once, anywhere.
func (f *fleet) killReplica(at int) {
	f.replicas[at].kill()
	f.replicas[at] = f.start()
	for n, s := range f.now {
		if s.Session != nil && s.at == at {
			f.sit(n)
			f.announce(n)
		}
	}
}

// awaitTruth waits until the store counts those that are online, which it has to do for longer than a lease.
func (f *fleet) awaitTruth() {
	f.t.Helper()
	store := f.replicas[0].store
	await(f.t, "at the end", store, f.online)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for settled := time.Now(); time.Since(settled) < 2*redisLease; <-tick.C {
		stats, err := store.Scrape(f.t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
		if err != nil || int(stats[0].Leechers) != f.online {
			f.t.Fatalf("%v after the end: got %v, error %v, want %d browsers", time.Since(settled), stats, err, f.online)
		}
	}
}
