package storetest

import (
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var countTests = map[string]func(*testing.T, Open){
	"CountsIncludeTheAnnounce":             countsIncludeTheAnnounce,
	"RoleIsWhatLeftSaysWhateverTheEvent":   roleIsWhatLeftSays,
	"CompletedRisesWhenALeecherIsDone":     completedRisesWhenALeecherIsDone,
	"CompletedOfAnUnknownPeer":             completedOfAnUnknownPeer,
	"CompletedOutlivesThePeers":            completedOutlivesThePeers,
	"StoppedRemovesAtOnce":                 stoppedRemovesAtOnce,
	"StoppedOfAStrangerCreatesNothing":     stoppedOfAStrangerCreatesNothing,
	"ScrapeAnswersInTheOrderAsked":         scrapeAnswersInTheOrderAsked,
	"SwarmsAreApart":                       swarmsAreApart,
	"CountsHoldWhileASwarmGrowsAndShrinks": countsHoldWhileASwarmGrowsAndShrinks,
}

func countsIncludeTheAnnounce(t *testing.T, open Open) {
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		got, _ := r.say(swarm.Announce{Peer: peer(1), Event: bittorrent.Started})
		r.wantStats("first leecher", got, 0, 1, 0)
		got, _ = r.say(swarm.Announce{Peer: peer(2), Seeder: true})
		r.wantStats("first seeder", got, 1, 1, 0)
		got, _ = r.say(swarm.Announce{Peer: peer(1)})
		r.wantStats("leecher again", got, 1, 1, 0)
		r.wantStats("scrape", r.scrape(), 1, 1, 0)
	})
}

func roleIsWhatLeftSays(t *testing.T, open Open) {
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		for e := range bittorrent.Event(bittorrent.Events) {
			if e == bittorrent.Stopped {
				continue
			}
			got, _ := r.say(swarm.Announce{Peer: peer(1), Event: e})
			r.wantStats("leecher, "+e.String(), got, 0, 1, got.Completed)
			got, _ = r.say(swarm.Announce{Peer: peer(1), Event: e, Seeder: true})
			r.wantStats("seeder, "+e.String(), got, 1, 0, got.Completed)
		}
	})
}

func completedRisesWhenALeecherIsDone(t *testing.T, open Open) {
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		r.join(false, peer(1), peer(2))
		got, _ := r.say(swarm.Announce{Peer: peer(1), Event: bittorrent.Completed})
		r.wantStats("completed with something left", got, 0, 2, 0)
		got, _ = r.say(swarm.Announce{Peer: peer(1), Event: bittorrent.Completed, Seeder: true})
		r.wantStats("completed", got, 1, 1, 1)
		got, _ = r.say(swarm.Announce{Peer: peer(1), Event: bittorrent.Completed, Seeder: true})
		r.wantStats("completed again", got, 1, 1, 1)
		got, _ = r.say(swarm.Announce{Peer: peer(2), Seeder: true})
		r.wantStats("done without saying so", got, 2, 0, 2)
		r.wantStats("scrape", r.scrape(), 2, 0, 2)
	})
}

func completedOfAnUnknownPeer(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.join(true, peer4(1))
	r.wantStats("a seeder joins", r.scrape(), 1, 0, 0)
	got, _ := r.say(swarm.Announce{Peer: peer4(2), Event: bittorrent.Completed, Seeder: true})
	r.wantStats("an unknown TCP peer completes", got, 2, 0, 1)
	got, _ = r.say(swarm.Announce{Peer: peer6(2), Event: bittorrent.Completed, Seeder: true})
	r.wantStats("an unknown IPv6 peer completes", got, 3, 0, 2)
	got, _ = r.say(swarm.Announce{Peer: browser(3), Event: bittorrent.Completed, Seeder: true})
	r.wantStats("a browser seeds what it has on disk", got, 4, 0, 2)
}

func completedOutlivesThePeers(t *testing.T, open Open) {
	r := newRoom(t, open)
	r.say(swarm.Announce{Peer: peer4(1), Event: bittorrent.Completed, Seeder: true})
	got, _ := r.stop(peer4(1))
	r.wantStats("the last one stops", got, 0, 0, 1)
	r.wantStats("scrape of nobody", r.scrape(), 0, 0, 1)
	got, _ = r.stop(peer4(1))
	r.wantStats("and stops again", got, 0, 0, 1)
	r.join(false, peer4(2))
	r.wantStats("somebody comes back", r.scrape(), 0, 1, 1)
}

func stoppedRemovesAtOnce(t *testing.T, open Open) {
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		r.join(false, peer(1), peer(2))
		r.join(true, peer(3), peer(4))
		got, peers := r.stop(peer(1))
		r.wantStats("a leecher stops", got, 1+1, 1, 0)
		if len(peers) != 0 {
			t.Errorf("stopped: got the list %v, want none", peers)
		}
		got, _ = r.say(swarm.Announce{Peer: peer(3), Event: bittorrent.Stopped, Seeder: true})
		r.wantStats("a seeder stops", got, 1, 1, 0)
		got, _ = r.stop(peer(3))
		r.wantStats("and stops again", got, 1, 1, 0)
		_, peers = r.say(swarm.Announce{Peer: peer(2), NumWant: 50})
		wantExactly(t, "after they stopped", peers, peer(4))
	})
}

func stoppedOfAStrangerCreatesNothing(t *testing.T, open Open) {
	r := newRoomWith(t, open, Options{MaxSwarms: 1})
	got, peers := r.stop(peer4(1))
	r.wantStats("stopped", got, 0, 0, 0)
	if len(peers) != 0 {
		t.Errorf("got the list %v, want none", peers)
	}
	r.wantStats("scrape", r.scrape(), 0, 0, 0)
	r.hash = hash(2)
	r.join(false, peer4(1)) // the one swarm that fits
}

func scrapeAnswersInTheOrderAsked(t *testing.T, open Open) {
	r := newRoom(t, open)
	for n := range 3 {
		r.hash = hash(n)
		r.join(true, series(peer4, 0, n+1)...)
	}
	got := r.scrapeAll(hash(2), hash(9), hash(0), hash(2), hash(1))
	for i, want := range []uint32{3, 0, 1, 3, 2} {
		r.wantStats("scrape", got[i], want, 0, 0)
	}
	if r.scrapeAll(); t.Failed() {
		t.Error("a scrape of no swarms must succeed")
	}
}

func swarmsAreApart(t *testing.T, open Open) {
	r := newRoom(t, open)
	near := r.hash
	near[19] ^= 1
	r.join(false, peer4(1))
	r.hash = near
	got, peers := r.say(swarm.Announce{Peer: peer4(2), NumWant: 50})
	r.wantStats("a swarm whose hash differs in a bit", got, 0, 1, 0)
	if len(peers) != 0 {
		t.Errorf("got the list %v, want none", peers)
	}
}

func countsHoldWhileASwarmGrowsAndShrinks(t *testing.T, open Open) {
	const n = 1500
	ofEachPool(t, open, func(r room, peer func(int) swarm.Peer) {
		for i := range n {
			got, _ := r.say(swarm.Announce{Peer: peer(i), Seeder: i%3 == 0})
			r.wantStats("growing", got, uint32(i/3+1), uint32(i-i/3), 0)
		}
		for i := range n {
			r.stop(peer(i))
		}
		r.wantStats("all gone", r.scrape(), 0, 0, 0)
		got, peers := r.say(swarm.Announce{Peer: peer(n), NumWant: 50})
		r.wantStats("one comes back", got, 0, 1, 0)
		wantExactly(t, "one comes back", peers)
	})
}
