package tracker_test

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = tracker.Options{
	Interval: 30 * time.Minute, MinInterval: 15 * time.Minute, NumWant: 50, MaxNumWant: 200,
}

// A node is a tracker over a store.
type node struct {
	*tracker.Tracker
	registry *prometheus.Registry
}

// over returns a tracker over a store that a test made.
func over(store tracker.Store, opts tracker.Options) node {
	reg := prometheus.NewRegistry()
	return node{tracker.New(store, reg, opts), reg}
}

// overMemory returns a tracker over an empty store in memory.
func overMemory(opts tracker.Options) node {
	return over(memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour}), opts)
}

// An answer is a reply and its list.
type answer struct {
	swarm.Reply
	peers []swarm.Peer
}

// announce announces a, which has to succeed.
func (n node) announce(t testing.TB, a swarm.Announce) answer {
	t.Helper()
	var peers swarm.Peers
	reply, err := n.Announce(t.Context(), a, &peers)
	if err != nil {
		t.Fatalf("announce of %v: %v", a.Peer, err)
	}
	return answer{reply, slices.Collect(peers.All())}
}

// A fakeStore answers as a test likes. It records what it is asked.
type fakeStore struct {
	err     error // nil: all went well
	version swarm.Version
	asked   swarm.Announce
	context context.Context
}

func (f *fakeStore) Announce(
	ctx context.Context, a swarm.Announce, _ *swarm.Peers,
) (swarm.Result, error) {
	f.asked, f.context = a, ctx
	return swarm.Result{Version: f.version}, f.err
}

func (f *fakeStore) Scrape(
	ctx context.Context, hashes []bittorrent.InfoHash, stats []swarm.Stats,
) ([]swarm.Stats, error) {
	f.context = ctx
	return append(stats, make([]swarm.Stats, len(hashes))...), f.err
}

func hash(n int) (h bittorrent.InfoHash) {
	binary.LittleEndian.PutUint32(h[:], uint32(n))
	return h
}

// peer returns the n-th of as many peers of a family as there may be, each at another address.
func peer(f swarm.Family, n int) swarm.Peer {
	ip := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	if f == swarm.IPv6 {
		ip = netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)})
	}
	if f == swarm.WebRTC {
		return swarm.WebRTCPeer(bittorrent.PeerID{17: byte(n >> 16), 18: byte(n >> 8), 19: byte(n)})
	}
	return swarm.TCPPeer(netip.AddrPortFrom(ip, 6881))
}

func TestAReplyIsWhatTheStoreKnowsAfterTheAnnounce(t *testing.T) {
	n := overMemory(options)
	first := n.announce(t, swarm.Announce{InfoHash: hash(1), Peer: peer(swarm.IPv4, 1), Seeder: true})
	if first.Stats != (swarm.Stats{Seeders: 1}) || len(first.peers) != 0 {
		t.Errorf("got %+v, want a seeder alone", first)
	}
	var peers swarm.Peers
	peers.Append(peer(swarm.IPv4, 9))
	a := swarm.Announce{InfoHash: hash(1), Peer: peer(swarm.IPv4, 2), NumWant: swarm.DefaultNumWant}
	reply, err := n.Announce(t.Context(), a, &peers)
	if err != nil || reply.Stats != (swarm.Stats{Seeders: 1, Leechers: 1}) {
		t.Errorf("got %+v, error %v, want a seeder and a leecher", reply, err)
	}
	want := []swarm.Peer{peer(swarm.IPv4, 9), peer(swarm.IPv4, 1)}
	if got := slices.Collect(peers.All()); !slices.Equal(got, want) {
		t.Errorf("got peers %v, want %v, the last of them appended", got, want)
	}
}

func TestScrapesAreInTheOrderAsked(t *testing.T) {
	n := overMemory(options)
	for i := range 3 {
		n.announce(t, swarm.Announce{InfoHash: hash(7), Peer: peer(swarm.IPv4, i)})
	}
	kept := []swarm.Stats{{Completed: 9}}
	got, err := n.Scrape(t.Context(), swarm.UDP, 1, []bittorrent.InfoHash{hash(8), hash(7), hash(8), hash(7)}, kept)
	want := []swarm.Stats{{Completed: 9}, {}, {Leechers: 3}, {}, {Leechers: 3}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %v, error %v, want %v", got, err, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %v at %d, want %v", got[i], i, want[i])
		}
	}
}

func TestAnAnnounceOfAMemberAllocatesNothing(t *testing.T) {
	opts := options
	opts.IntervalJitter = true
	n := overMemory(opts)
	ctx := t.Context()
	for _, f := range []swarm.Family{swarm.IPv4, swarm.IPv6} {
		for i := range 1000 {
			n.announce(t, swarm.Announce{InfoHash: hash(1), Peer: peer(f, i), Seeder: i%2 == 0})
		}
		var peers swarm.Peers
		testutil.NoAllocs(t, "announce over "+f.String(), func() {
			a := swarm.Announce{InfoHash: hash(1), Peer: peer(f, 1), Proto: swarm.UDP, NumWant: 50}
			peers.Reset()
			if _, err := n.Announce(ctx, a, &peers); err != nil || peers.Len() != 50 {
				t.Errorf("got %d peers, error %v, want 50", peers.Len(), err)
			}
		})
	}
	hashes, stats := []bittorrent.InfoHash{hash(1), hash(2)}, make([]swarm.Stats, 0, 2)
	testutil.NoAllocs(t, "scrape", func() { _, _ = n.Scrape(ctx, swarm.UDP, 1, hashes, stats) })
}
