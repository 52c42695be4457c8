package e2e_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// threeReplicas runs a test with three over each kind of Redis.
func threeReplicas(t *testing.T, test func(*testing.T, *fleet, []*redistest.Server), flags ...string) {
	for _, kind := range redisKinds {
		t.Run(kind.name, func(t *testing.T) {
			url, masters := kind.start(t)
			test(t, launch(t, 3, url, flags...), masters)
		})
	}
}

// TestBrowsersWhoseSocketClosesAreGoneEverywhereWithinASecond closes a socket of 200 peers at each replica in
// turn, and asks another one. A machine that is busy may take longer now and then.
func TestBrowsersWhoseSocketClosesAreGoneEverywhereWithinASecond(t *testing.T) {
	const rounds, peers = 6, 200
	threeReplicas(t, func(t *testing.T, f *fleet, _ []*redistest.Server) {
		h := newHost(t, f, newRand(t), "127.0.0.1")
		fastest := patience
		for n := range rounds {
			b, hash := browse(t, f.replica(n%3)), randomHash(h.rng)
			for i := range peers {
				if got := b.announce(hash, browserID(i)); got != i+1 {
					t.Fatalf("got %d browsers in a reply, want %d", got, i+1)
				}
			}
			if got := counted(t, h, f.replica((n+1)%3), hash); got != peers {
				t.Errorf("got %d browsers at another replica, want %d", got, peers)
			}
			_ = b.conn.CloseNow()
			fastest = min(fastest, awaitCount(t, h, f.replica((n+2)%3), hash, 0))
		}
		if fastest > time.Second {
			t.Errorf("got them gone after %v at best, want within a second", fastest)
		}
	})
}

// TestBrowsersOfAKilledReplicaAreGoneWithItsLease has browsers at three replicas, whose interval is two minutes.
// Those of the one that is killed go; the others are counted all the while, and long after their first lease.
func TestBrowsersOfAKilledReplicaAreGoneWithItsLease(t *testing.T) {
	const lease, each = 3 * time.Second, 50
	threeReplicas(t, func(t *testing.T, f *fleet, _ []*redistest.Server) {
		h := newHost(t, f, newRand(t), "127.0.0.1")
		hash := randomHash(h.rng)
		for n := range 3 * each {
			browse(t, f.replica(n%3)).announce(hash, browserID(n))
		}
		f.replica(0).End(t, syscall.SIGKILL)
		began, gone := time.Now(), time.Duration(0)
		starlingtest.Poll(patience, func() bool {
			for _, r := range f.replicas[1:] {
				got := counted(t, h, r, hash)
				if got < 2*each || gone != 0 && got != 2*each {
					t.Fatalf("%v after the kill: got %d browsers, want those of the other replicas, %d", time.Since(began), got, 2*each)
				}
				if gone == 0 && got == 2*each {
					gone = time.Since(began)
				}
			}
			return gone != 0 && time.Since(began) > gone+2*lease
		})
		if gone == 0 {
			t.Errorf("got browsers of a killed replica %v later, want them gone after %v", patience, lease)
		}
		t.Logf("gone after %v", gone)
	}, "--ws.lease="+lease.String())
}

// TestABrowserThatReconnectsElsewhereIsCountedOnceThroughout has a browser come back at another replica again
// and again. Its old socket is closed shortly after that, or later, or as the next but one.
func TestABrowserThatReconnectsElsewhereIsCountedOnceThroughout(t *testing.T) {
	const moves = 150
	threeReplicas(t, func(t *testing.T, f *fleet, _ []*redistest.Server) {
		rng := newRand(t)
		hash := randomHash(rng)
		at := 0
		var open []*browser
		now := browse(t, f.replica(at))
		now.announce(hash, browserID(1))
		stop := watch(t, f, hash, 1)
		defer stop()
		for n := range moves {
			open = append(open, now)
			at = f.other(rng, at)
			now = browse(t, f.replica(at))
			if got := now.announce(hash, browserID(1)); got != 1 {
				t.Fatalf("move %d: got %d browsers in the reply, want 1", n, got)
			}
			for len(open) > rng.IntN(3) {
				_ = open[0].conn.CloseNow()
				open = open[1:]
			}
		}
		t.Logf("counted %d times", stop())
	})
}

// TestBrowsersAreServedWhileRedisIsAway freezes Redis, and then has it start anew with nothing in it.
func TestBrowsersAreServedWhileRedisIsAway(t *testing.T) {
	threeReplicas(t, func(t *testing.T, f *fleet, masters []*redistest.Server) {
		h := newHost(t, f, newRand(t), "127.0.0.1")
		hash := randomHash(h.rng)
		var all []*browser
		for n := range 9 {
			b := browse(t, f.replica(n%3))
			b.announce(hash, browserID(n))
			all = append(all, b)
		}
		for _, m := range masters {
			m.Freeze()
		}
		for n, b := range all {
			if got := b.announce(hash, browserID(n)); got != 3 {
				t.Errorf("browser %d, without Redis: got %d browsers in the reply, want the 3 of its replica", n, got)
			}
		}
		meet(t, all[0], 0, all[3:4], 3, hash) // on one replica
		if _, err := h.scrapeAt(f.replica(0), swarm.HTTP, hash); err == nil {
			t.Error("got a scrape over HTTP answered without Redis")
		}
		for _, m := range masters {
			m.Thaw()
			m.Do("FLUSHALL")
		}
		back := time.Now()
		for _, r := range f.replicas {
			if !starlingtest.Poll(patience, func() bool {
				result, err := h.scrapeAt(r, swarm.HTTP, hash)
				return err == nil && result[0].Leechers == 9
			}) {
				t.Fatalf("got no replica that counts all %v after Redis came back", patience)
			}
		}
		t.Logf("all counted %v after Redis came back", time.Since(back))
		others := []*browser{all[1], all[4], all[7]} // of another replica
		for n := range all {
			if n%3 != 1 {
				_ = all[n].conn.CloseNow()
			}
		}
		awaitCount(t, h, f.replica(1), hash, 3)
		b := browse(t, f.replica(0))
		if !starlingtest.Poll(patience, func() bool { return b.announce(hash, browserID(100)) == 4 }) {
			t.Error("got other counts than 4 all the while")
		}
		meet(t, b, 100, others, 1, hash)
	})
}

// meet has one browser offer to some others, of which the n-th has the ID first+3n, and each answer.
func meet(t *testing.T, from *browser, id int, others []*browser, first int, hash bittorrent.InfoHash) {
	t.Helper()
	var offers []wsproto.Offer
	for n := range 20 {
		sdp := fmt.Sprintf(`{"type":"offer","sdp":"%d"}`, n)
		offers = append(offers, wsproto.Offer{ID: bittorrent.OfferID{byte(n + 1)}, SDP: []byte(sdp)})
	}
	from.announce(hash, browserID(id), offers...)
	for n, b := range others {
		offer := b.next(wsproto.KindOffer)
		b.send(wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
			InfoHash: hash, PeerID: browserID(first + 3*n), ToPeerID: offer.PeerID, OfferID: offer.OfferID,
			SDP: []byte(`{"type":"answer","sdp":"yes"}`),
		}))
	}
	for range others {
		from.next(wsproto.KindAnswer)
	}
}
