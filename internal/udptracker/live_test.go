package udptracker_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a node hands out: some peers to who does not say how many, more to who wants more.
const (
	numWant    = 5
	maxNumWant = 300
)

// A network is a kind of socket, and where clients of a family reach it.
type network struct {
	name, listen, host string
	family             swarm.Family
}

var networks = []network{
	{"IPv4", "127.0.0.1:0", "127.0.0.1", swarm.IPv4},
	{"IPv6", "[::1]:0", "::1", swarm.IPv6},
	{"IPv4 on a dual-stack socket", ":0", "127.0.0.1", swarm.IPv4},
	{"IPv6 on a dual-stack socket", ":0", "::1", swarm.IPv6},
}

// peer returns the n-th of the peers of the network's family that a test puts into a store.
func (nw network) peer(n int) netip.AddrPort {
	ip := netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)})
	if nw.family == swarm.IPv6 {
		ip = netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 14: byte(n >> 8), 15: byte(n)})
	}
	return netip.AddrPortFrom(ip, 6881)
}

// A setup is what a node differs in from others. Its zero value is a node on 127.0.0.1.
type setup struct {
	network network
	opts    udptracker.Options // zero: the network's address, replies of 1232 bytes, a secret of its own
	store   memstore.Options
	wrap    func(*tracker.Tracker) udptracker.Tracker // nil: not at all
}

// A node is a frontend over a tracker and a store.
type node struct {
	*udptracker.Frontend
	network  network
	registry *prometheus.Registry
	store    *memstore.Store
	log      bytes.Buffer // to be read when the frontend does not run
}

// open returns a node that does not run yet.
func open(t testing.TB, s setup) *node {
	t.Helper()
	if s.network == (network{}) {
		s.network = networks[0]
	}
	if s.opts.MaxReply == 0 {
		s.opts.MaxReply = 1232
	}
	if s.opts.Secrets == nil {
		s.opts.Secrets = udptracker.DeriveSecrets([]byte(t.Name()))
	}
	if s.opts.Listen == nil {
		s.opts.Listen = []string{s.network.listen}
	}
	s.store.PeerLifetime = time.Hour
	n := &node{network: s.network, registry: prometheus.NewRegistry()}
	n.store = memstore.New(n.registry, s.store)
	service := tracker.New(n.store, n.registry, tracker.Options{
		Interval: 30 * time.Minute, MinInterval: 15 * time.Minute, NumWant: numWant, MaxNumWant: maxNumWant,
	})
	var answers udptracker.Tracker = service
	if s.wrap != nil {
		answers = s.wrap(service)
	}
	f, err := udptracker.New(t.Context(), answers, slog.New(slog.NewTextHandler(&n.log, nil)), n.registry, s.opts)
	if err != nil {
		t.Fatal(err)
	}
	n.Frontend = f
	return n
}

// run runs n until stop is called, which fails the test unless Run returns nil. Who does not call
// stop has it called at the end of the test.
func (n *node) run(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stopped := false
	stop = func() {
		cancel()
		if stopped {
			return
		}
		stopped = true
		if err := <-done; err != nil {
			t.Errorf("got error %v from Run, want none", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// start returns a node that runs until the test ends.
func start(t testing.TB, s setup) *node {
	t.Helper()
	n := open(t, s)
	n.run(t)
	return n
}

// everywhere runs a test on every kind of socket, on a node of its own.
func everywhere(t *testing.T, s setup, test func(t *testing.T, n *node)) {
	for _, nw := range networks {
		t.Run(nw.name, func(t *testing.T) {
			s.network = nw
			test(t, start(t, s))
		})
	}
}

// fill puts the peers from 0 to count of the node's network into a swarm, the first of them seeders.
func (n *node) fill(t testing.TB, h bittorrent.InfoHash, count, seeders int) {
	t.Helper()
	for i := range count {
		a := swarm.Announce{InfoHash: h, Peer: swarm.TCPPeer(n.network.peer(i)), Seeder: i < seeders}
		if _, err := n.store.Announce(t.Context(), a, new(swarm.Peers)); err != nil {
			t.Fatal(err)
		}
	}
}
