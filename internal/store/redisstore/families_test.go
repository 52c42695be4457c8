package redisstore_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func peer6(n int) swarm.Peer {
	ip := netip.MustParseAddr("2001:db8::1")
	return swarm.TCPPeer(netip.AddrPortFrom(ip, uint16(1000+n)))
}

// says announces and returns the list.
func says(t *testing.T, s *redisstore.Store, p swarm.Peer, seeder bool) []swarm.Peer {
	t.Helper()
	var peers swarm.Peers
	a := swarm.Announce{InfoHash: hash(1), Peer: p, Seeder: seeder, NumWant: 50, AnyFamily: true}
	if _, err := s.Announce(t.Context(), a, &peers); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(peers.All())
}

func TestWhoJoinsAtAnotherReplicaIsListedInTheOtherFamilyWhenItIsCountedEachTime(t *testing.T) {
	conn := connect(t, redistest.Start(t).URL())
	here, there := open(t, conn, options), open(t, conn, options)
	for n := range 3 {
		if got := says(t, here, peer(1), false); len(got) != n {
			t.Errorf("got %v, want %d peers", got, n)
		}
		says(t, there, peer6(n), false)
	}
}

func TestWhoBecameASeederAtAnotherReplicaIsNotListedToSeedersOfTheOtherFamily(t *testing.T) {
	opts := options
	opts.Recount = time.Hour
	conn := connect(t, redistest.Start(t).URL())
	here, there := open(t, conn, opts), open(t, conn, opts)
	for n := range 3 {
		says(t, there, peer6(n), false)
	}
	if got := says(t, here, peer(1), true); len(got) != 3 {
		t.Fatalf("got %v, want 3 peers", got)
	}
	says(t, there, peer6(0), true)
	says(t, there, peer6(1), true)
	if got := says(t, here, peer(1), true); !slices.Equal(got, []swarm.Peer{peer6(2)}) {
		t.Errorf("got %v, want %v alone", got, peer6(2))
	}
}

func TestADownloadThatEndedElsewhereIsToldThoughPeersOfEachFamilyAnnounceAllTheTime(t *testing.T) {
	now := time.Now()
	opts := options
	opts.Recount = 10 * time.Second
	opts.Now = func() time.Time { return now }
	conn := connect(t, redistest.Start(t).URL())
	here, there := open(t, conn, opts), open(t, conn, opts)
	announce := func() (told uint32) {
		for _, p := range []swarm.Peer{peer(1), peer6(1), browser(1)} {
			result, _ := say(t, here, swarm.Announce{InfoHash: hash(1), Peer: p})
			told = result.Completed
		}
		return told
	}
	announce()
	say(t, there, swarm.Announce{InfoHash: hash(1), Peer: peer(2), Seeder: true, Event: bittorrent.Completed})
	if _, err := there.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil); err != nil { // and Redis knows
		t.Fatal(err)
	}
	for range 3 {
		now = now.Add(4 * time.Second)
		announce()
	}
	if got := announce(); got != 1 {
		t.Errorf("got %d downloads after 12 seconds, want 1", got)
	}
}
