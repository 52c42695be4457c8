// Package storetest is the contract of tracker.Store and tracker.Leases as tests: what every store
// must do, a subtest a sentence, time included. A store's own test is an open function and a call of [Run].
package storetest

import (
	"cmp"
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Options are how a store is to be opened.
type Options struct {
	PeerLifetime     time.Duration
	Lease            time.Duration
	MaxSwarms        int // zero: no bound
	MaxPeersPerSwarm int // zero: no bound
}

// An Opened store is empty and has a clock of its own.
type Opened struct {
	tracker.Store
	tracker.Leases
	// Advance moves the store's clock. What it does about the dead is the store's business.
	Advance func(time.Duration)
	// AnyNumberOfSwarms says that the store does not count swarms, and so has no use for MaxSwarms.
	AnyNumberOfSwarms bool
}

// Open opens an empty store for one test.
type Open func(t testing.TB, opts Options) Opened

// lifetime is the PeerLifetime that tests use, and the Lease of those that are not about leases. Peers
// may live grace longer, and no shorter.
const (
	lifetime = 64 * time.Minute
	grace    = lifetime / 16
)

// Run holds the stores that open opens to the contract.
func Run(t *testing.T, open Open) {
	for _, group := range []map[string]func(*testing.T, Open){
		countTests, listTests, familyTests, timeTests, limitTests, concurrencyTests,
		leaseTests, ownerTests, modelTests,
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(t, open) })
		}
	}
}

// A room is one swarm of a store under test.
type room struct {
	t     testing.TB
	store Opened
	hash  bittorrent.InfoHash
	wrote map[swarm.Peer]swarm.Version // by say, in the swarm it was last said to
}

// newRoom opens a store with no limits and returns a swarm in it.
func newRoom(t testing.TB, open Open) room {
	return newRoomWith(t, open, Options{})
}

func newRoomWith(t testing.TB, open Open, opts Options) room {
	opts.PeerLifetime = lifetime
	opts.Lease = cmp.Or(opts.Lease, lifetime)
	return room{t: t, store: open(t, opts), hash: hash(1), wrote: map[swarm.Peer]swarm.Version{}}
}

// say announces with every field as it is given, but for the info hash, and must succeed. A browser
// that stops is the session that said the last before.
func (r room) say(a swarm.Announce) (swarm.Stats, []swarm.Peer) {
	r.t.Helper()
	a.Version = r.wrote[a.Peer]
	result, peers := r.announce(a)
	r.wrote[a.Peer] = result.Version
	return result.Stats, peers
}

// announce announces with every field as it is given, but for the info hash, and must succeed.
func (r room) announce(a swarm.Announce) (swarm.Result, []swarm.Peer) {
	r.t.Helper()
	a.InfoHash = r.hash
	var peers swarm.Peers
	result, err := r.store.Announce(context.Background(), a, &peers)
	if err != nil {
		r.t.Fatalf("announce of %v: %v", a.Peer, err)
	}
	return result, slices.Collect(peers.All())
}

// announceAll announces many at once where the store can, with every field as it is given but for the info
// hash. All must succeed.
func (r room) announceAll(calls []swarm.Call) {
	r.t.Helper()
	for i := range calls {
		calls[i].Announce.InfoHash = r.hash
	}
	if many, ok := r.store.Store.(tracker.BatchStore); ok {
		many.AnnounceAll(context.Background(), calls)
	} else {
		for i := range calls {
			c := &calls[i]
			c.Reply.Result, c.Err = r.store.Announce(context.Background(), c.Announce, &c.Peers)
		}
	}
	for i := range calls {
		if err := calls[i].Err; err != nil {
			r.t.Fatalf("announce of %v, among %d: %v", calls[i].Announce.Peer, len(calls), err)
		}
	}
}

// join announces peers that want no list.
func (r room) join(seeder bool, peers ...swarm.Peer) {
	r.t.Helper()
	for some := range slices.Chunk(peers, 1000) {
		calls := make([]swarm.Call, 0, len(some))
		for _, p := range some {
			calls = append(calls, swarm.Call{Announce: swarm.Announce{Peer: p, Seeder: seeder}})
		}
		r.announceAll(calls)
		for i, p := range some {
			r.wrote[p] = calls[i].Reply.Version
		}
	}
}

func (r room) stop(p swarm.Peer) (swarm.Stats, []swarm.Peer) {
	r.t.Helper()
	return r.say(swarm.Announce{Peer: p, Event: bittorrent.Stopped, NumWant: 50})
}

func (r room) scrape() swarm.Stats {
	r.t.Helper()
	return r.scrapeAll(r.hash)[0]
}

func (r room) scrapeAll(hashes ...bittorrent.InfoHash) []swarm.Stats {
	r.t.Helper()
	stats, err := r.store.Scrape(context.Background(), hashes, nil)
	if err != nil {
		r.t.Fatalf("scrape: %v", err)
	}
	if len(stats) != len(hashes) {
		r.t.Fatalf("scrape of %d swarms: got %d counts", len(hashes), len(stats))
	}
	return stats
}

// wantStats fails the test unless got is s seeders, l leechers and c completed.
func (r room) wantStats(what string, got swarm.Stats, s, l, c uint32) {
	r.t.Helper()
	if want := (swarm.Stats{Seeders: s, Leechers: l, Completed: c}); got != want {
		r.t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func hash(n int) (h bittorrent.InfoHash) {
	binary.BigEndian.PutUint32(h[:], uint32(n)*0x9e3779b1)
	binary.BigEndian.PutUint32(h[16:], uint32(n))
	return h
}

func peer4(n int) swarm.Peer {
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], 0x0a000000+uint32(n/50000))
	return swarm.TCPPeer(netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(1000+n%50000)))
}

func peer6(n int) swarm.Peer {
	ip := [16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8}
	binary.BigEndian.PutUint32(ip[12:], uint32(n))
	return swarm.TCPPeer(netip.AddrPortFrom(netip.AddrFrom16(ip), 6881))
}

func browser(n int) swarm.Peer {
	id := bittorrent.PeerID([]byte("-WW0001-............"))
	binary.BigEndian.PutUint32(id[16:], uint32(n))
	return swarm.WebRTCPeer(id)
}

// series returns the peers that number gives for lo to hi-1.
func series(number func(int) swarm.Peer, lo, hi int) []swarm.Peer {
	peers := make([]swarm.Peer, 0, hi-lo)
	for n := lo; n < hi; n++ {
		peers = append(peers, number(n))
	}
	return peers
}

// ofEachPool runs test with the peers of each family.
func ofEachPool(t *testing.T, open Open, test func(r room, peer func(int) swarm.Peer)) {
	for name, peer := range map[string]func(int) swarm.Peer{"ipv4": peer4, "ipv6": peer6, "webrtc": browser} {
		t.Run(name, func(t *testing.T) { test(newRoom(t, open), peer) })
	}
}
