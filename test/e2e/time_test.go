package e2e_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/client"
)

// TestWhoFallsSilentIsGoneAtEveryReplica keeps one peer alive by announces at any replica, and not the
// other.
func TestWhoFallsSilentIsGoneAtEveryReplica(t *testing.T) {
	const lifetime = 3 * time.Second
	f := launch(t, 2, redistest.Start(t).URL(),
		"--tracker.interval=1s", "--tracker.min_interval=1s", "--store.peer_lifetime="+lifetime.String())
	h := newHost(t, f, newRand(t), "127.0.0.1")
	silent := client.Announcement{InfoHash: randomHash(h.rng), Port: 1, Left: 1}
	alive := silent
	alive.Port = 2
	began := time.Now()
	if _, err := h.announce(swarm.UDP, silent); err != nil {
		t.Fatal(err)
	}
	gone := map[int]bool{}
	starlingtest.Poll(patience, func() bool {
		i := h.rng.IntN(f.size())
		reply, err := h.announceAt(f.replica(i), swarm.UDP, alive)
		if err != nil {
			t.Fatal(err)
		}
		if after := time.Since(began); len(reply.Peers) == 0 && after < lifetime {
			t.Fatalf("got a peer forgotten after %v, want it kept for %v", after, lifetime)
		}
		gone[i] = len(reply.Peers) == 0 && reply.Leechers == 1
		return gone[0] && gone[1]
	})
	for i := range f.replicas {
		result, err := h.scrapeAt(f.replica(i), swarm.UDP, silent.InfoHash)
		if err != nil || !gone[i] || result[0].Leechers != 1 {
			t.Errorf("replica %d: got scrape %+v, error %v, want the peer alone that is alive", i, result, err)
		}
	}
}

// TestTheOtherFamilyIsCountedWithinRecount: what a reply says of the family that its client is not of may
// be old, by redis.recount and no more, and by nothing in a scrape.
func TestTheOtherFamilyIsCountedWithinRecount(t *testing.T) {
	const recount = time.Second
	f := launch(t, 2, redistest.Start(t).URL(), "--redis.recount="+recount.String())
	v4, v6 := newHost(t, f, newRand(t), "127.0.0.1"), newHost(t, f, newRand(t), "::1")
	a := client.Announcement{InfoHash: randomHash(v4.rng), Port: 1, Left: 1}
	if _, err := v4.announceAt(f.replica(0), swarm.HTTP, a); err != nil {
		t.Fatal(err)
	}
	if _, err := v6.announceAt(f.replica(1), swarm.HTTP, a); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if result, err := v4.scrapeAt(f.replica(1), swarm.UDP, a.InfoHash); err != nil || result[0].Leechers != 2 {
		t.Errorf("scrape: got %+v, error %v, want 2 leechers at once", result, err)
	}
	if !starlingtest.Poll(patience, func() bool {
		age := time.Since(began)
		reply, err := v4.announceAt(f.replica(0), swarm.HTTP, a)
		if err != nil {
			t.Fatal(err)
		}
		seen := reply.Leechers == 2 && len(reply.Peers) == 1
		if !seen && age > recount+time.Second { // which is how fine the store's clock is
			t.Fatalf("got %+v after %v, want 2 leechers, of which one is told, after %v", reply, age, recount)
		}
		return seen
	}) {
		t.Errorf("got the other family never counted again, want it after %v", recount)
	}
}

// TestACompletionIsInTheScrapeOfAnotherReplicaWithoutDelay: nobody announces after it, and the replica that
// saw it is not asked again.
func TestACompletionIsInTheScrapeOfAnotherReplicaWithoutDelay(t *testing.T) {
	f := launch(t, 2, redistest.Start(t).URL())
	h := newHost(t, f, newRand(t), "127.0.0.1")
	a := client.Announcement{InfoHash: randomHash(h.rng), Port: 1}
	for _, a.Left = range []uint64{1, 0} {
		if _, err := h.announceAt(f.replica(0), swarm.HTTP, a); err != nil {
			t.Fatal(err)
		}
	}
	var result []client.ScrapeResult
	if !starlingtest.Poll(patience, func() (counted bool) {
		var err error
		if result, err = h.scrapeAt(f.replica(1), swarm.HTTP, a.InfoHash); err != nil {
			t.Fatal(err)
		}
		return result[0].Completed == 1
	}) {
		t.Errorf("got %+v after %v, want a download", result, patience)
	}
}
