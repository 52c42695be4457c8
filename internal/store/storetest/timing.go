package storetest

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var timeTests = map[string]func(*testing.T, Open){
	"PeersLiveForTheirLifetime":            peersLiveForTheirLifetime,
	"TheDeadAreNeitherCountedNorListed":    theDeadAreNeitherCountedNorListed,
	"AnAnnounceRenews":                     anAnnounceRenews,
	"AnExpiredPeerIsUnknown":               anExpiredPeerIsUnknown,
	"CompletedOutlivesExpiry":              completedOutlivesExpiry,
	"AManyTimesRenewedSwarmKeepsItsCounts": aManyTimesRenewedSwarmKeepsItsCounts,
}

func peersLiveForTheirLifetime(t *testing.T, open Open) {
	for _, n := range []int{3, 300} {
		ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
			r.join(false, series(peer, 0, n)...)
			r.store.Advance(lifetime - time.Second)
			r.wantStats("a second before", r.scrape(), 0, uint32(n), 0)
			_, peers := r.say(swarm.Announce{Peer: peer(0), NumWant: n})
			if len(peers) != n-1 {
				t.Errorf("a second before: got %d peers, want %d", len(peers), n-1)
			}
			r.store.Advance(grace + time.Second)
			r.wantStats("a little later", r.scrape(), 0, 1, 0)
		})
	}
}

func theDeadAreNeitherCountedNorListed(t *testing.T, open Open) {
	for _, n := range []int{4, 40, 400, 4000} {
		ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
			r.join(false, series(peer, 0, n/2)...)
			r.join(true, series(peer, n/2, n)...)
			r.store.Advance(lifetime / 2)
			r.join(false, peer(0), peer(n))
			r.join(true, peer(n/2), peer(n+1))
			r.store.Advance(lifetime/2 + grace)
			got, peers := r.say(swarm.Announce{Peer: peer(0), NumWant: 50})
			r.wantStats("announce", got, 2, 2, 0)
			wantExactly(t, "announce", peers, peer(n), peer(n/2), peer(n+1))
			r.wantStats("scrape", r.scrape(), 2, 2, 0)
		})
	}
}

func anAnnounceRenews(t *testing.T, open Open) {
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		r.join(false, peer(1), peer(2))
		for range 5 {
			r.store.Advance(lifetime * 3 / 4)
			r.join(false, peer(1))
		}
		r.wantStats("one kept announcing", r.scrape(), 0, 1, 0)
	})
}

func anExpiredPeerIsUnknown(t *testing.T, open Open) {
	r := newRoom(t, open)
	done := swarm.Announce{Peer: peer4(1), Event: bittorrent.Completed, Seeder: true}
	r.say(done)
	r.store.Advance(lifetime + grace)
	got, _ := r.say(done)
	r.wantStats("completed by an expired seeder", got, 1, 0, 2)

	r.join(false, peer4(2))
	r.store.Advance(lifetime + grace)
	got, _ = r.say(swarm.Announce{Peer: peer4(2), Seeder: true})
	r.wantStats("an expired leecher comes back as a seeder", got, 1, 0, 2)
}

func completedOutlivesExpiry(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.say(swarm.Announce{Peer: peer4(1), Event: bittorrent.Completed, Seeder: true})
	r.store.Advance(3 * lifetime)
	r.wantStats("everybody expired", r.scrape(), 0, 0, 1)
	r.join(false, peer4(2))
	r.wantStats("somebody comes back", r.scrape(), 0, 1, 1)
}

func aManyTimesRenewedSwarmKeepsItsCounts(t *testing.T, open Open) {
	const n = 100
	r := newRoom(t, open)
	for step := range 300 {
		i := step % n
		r.join(i%2 == 0, peer4(i))
		r.store.Advance(lifetime / n * 97 / 100)
	}
	r.wantStats("each came back just in time", r.scrape(), n/2, n/2, 0)
}
