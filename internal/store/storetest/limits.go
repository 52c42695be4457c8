package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
)

var limitTests = map[string]func(*testing.T, Open){
	"AFullSwarmRefusesWhoIsNew":  aFullSwarmRefusesWhoIsNew,
	"AFullStoreRefusesNewSwarms": aFullStoreRefusesNewSwarms,
	"RoomIsMadeByWhoLeaves":      roomIsMadeByWhoLeaves,
}

// wantRefused fails the test unless an announce of p is refused for want of room.
func (r room) wantRefused(p swarm.Peer) {
	r.t.Helper()
	var peers swarm.Peers
	_, err := r.store.Announce(r.t.Context(), swarm.Announce{InfoHash: r.hash, Peer: p, NumWant: 50}, &peers)
	if refused, ok := errors.AsType[swarm.RefusedError](err); !ok || refused.Reason != swarm.Overloaded {
		r.t.Errorf("announce of %v: got error %v, want it refused as overloaded", p, err)
	}
	if peers.Len() != 0 {
		r.t.Errorf("announce of %v: got the list %v with its refusal", p, slices.Collect(peers.All()))
	}
}

func aFullSwarmRefusesWhoIsNew(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{MaxPeersPerSwarm: 6})
	r.join(true, peer4(1), peer6(1), browser(1))
	r.join(false, peer4(2), peer6(2), browser(2))
	for _, p := range []swarm.Peer{peer4(3), peer6(3), browser(3)} {
		r.wantRefused(p)
	}
	r.wantStats("after the refusals", r.scrape(), 3, 3, 0)
	got, peers := r.say(swarm.Announce{Peer: peer4(2), Seeder: true, NumWant: 50})
	r.wantStats("a member announces", got, 4, 2, 1)
	wantExactly(t, "a member announces", peers)
	r.hash = hash(2)
	r.join(false, peer4(3))
}

func aFullStoreRefusesNewSwarms(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{MaxSwarms: 2})
	if r.store.AnyNumberOfSwarms {
		return
	}
	r.join(false, peer4(1))
	r.hash = hash(2)
	r.join(false, peer4(1))
	r.hash = hash(3)
	r.wantRefused(peer4(1))
	r.wantStats("the refused swarm", r.scrape(), 0, 0, 0)
	r.hash = hash(2)
	r.join(false, peer4(2))
	r.wantStats("a swarm that is there", r.scrape(), 0, 2, 0)
}

func roomIsMadeByWhoLeaves(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{MaxSwarms: 1, MaxPeersPerSwarm: 2})
	r.join(false, peer4(1), peer4(2))
	r.wantRefused(peer4(3))
	r.stop(peer4(1))
	r.join(false, peer4(3))
	r.store.Advance(lifetime + grace)
	r.join(false, peer4(4), peer4(5))
	r.wantRefused(peer4(6))
	r.stop(peer4(4))
	r.stop(peer4(5))
	r.hash = hash(2)
	r.join(false, peer4(1))
}
