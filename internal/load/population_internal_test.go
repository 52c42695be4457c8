package load

import (
	"math"
	"net/netip"
	"testing"
)

// shares draws often and returns how large a part of the draws each number has.
func shares(n int, pick func() int) []float64 {
	const draws = 400_000
	got := make([]float64, n)
	for range draws {
		got[pick()] += 1.0 / draws
	}
	return got
}

func TestSwarmsAreChosenByTheirPopularity(t *testing.T) {
	for _, exponent := range []float64{0, 0.5, 1, 2} {
		p, err := newPopulation(Options{Swarms: 50, Peers: 1, Zipf: exponent})
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k := range 50 {
			sum += math.Pow(float64(k+1), -exponent)
		}
		rng := newRand(1, 1)
		for k, got := range shares(50, func() int { return p.pickSwarm(rng) }) {
			if want := math.Pow(float64(k+1), -exponent) / sum; math.Abs(got-want) > 0.004 {
				t.Errorf("exponent %v, swarm %d: got a share of %.4f, want %.4f", exponent, k, got, want)
			}
		}
	}
}

func TestAliasesNeverPickWhatHasNoWeight(t *testing.T) {
	a, rng := newAlias([]float64{0, 3, 0, 1}), newRand(1, 1)
	want := []float64{0, 0.75, 0, 0.25}
	for i, got := range shares(4, func() int { return a.pick(rng) }) {
		if math.Abs(got-want[i]) > 0.004 || want[i] == 0 && got != 0 {
			t.Errorf("%d: got a share of %.4f, want %.4f", i, got, want[i])
		}
	}
}

func TestEverySourceHasItsOwnMembersAndTogetherAllOfThem(t *testing.T) {
	sources := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.3")}
	p, err := newPopulation(Options{Swarms: 4, Peers: 10, Sources: sources})
	if err != nil {
		t.Fatal(err)
	}
	type address struct {
		swarm, source int
		port          uint16
	}
	members, addresses := map[member]bool{}, map[address]bool{}
	for source := range sources {
		for n := range p.size(source) {
			m := p.nth(source, n)
			members[m], addresses[address{m.swarm, source, p.port(m)}] = true, true
		}
	}
	if len(members) != 40 || len(addresses) != 40 {
		t.Errorf("got %d members at %d addresses, want 40 at as many", len(members), len(addresses))
	}
	rng := newRand(1, 1)
	for source := range sources {
		for range 1000 {
			if m := p.pick(rng, source); m.peer%len(sources) != source || m.peer >= 10 || !members[m] {
				t.Fatalf("source %d: got member %v, want one of its own", source, m)
			}
		}
	}
}

func TestRolesHaveTheirShareOfEverySwarm(t *testing.T) {
	for _, tt := range []struct {
		share float64
		want  int // of 101 peers
	}{{0, 0}, {0.1, 10}, {0.5, 50}, {0.99, 99}, {1, 101}} {
		p := population{seeders: tt.share}
		got := 0
		for peer := range 101 {
			if p.left(member{peer: peer}) == 0 {
				got++
			}
		}
		if got != tt.want {
			t.Errorf("share %v: got %d seeders of 101, want %d", tt.share, got, tt.want)
		}
	}
}

func TestMembersOfASwarmHaveDifferentPeerIDs(t *testing.T) {
	var p population
	seen := map[[20]byte]bool{}
	for peer := range 100_000 {
		seen[p.peerID(member{peer: peer})] = true
	}
	if len(seen) != 100_000 {
		t.Errorf("got %d peer IDs, want 100000", len(seen))
	}
}

func TestInfoHashesComeFromTheSeedAndSpreadOverAllBytes(t *testing.T) {
	a, again, other := InfoHashes(1000, 1), InfoHashes(2000, 1), InfoHashes(1000, 2)
	seen := [20]map[byte]bool{}
	for i, h := range a {
		if h != again[i] {
			t.Fatalf("hash %d: got %v and %v of one seed", i, h, again[i])
		}
		if h == other[i] {
			t.Errorf("hash %d: got %v of two seeds", i, h)
		}
		for j, b := range h {
			if seen[j] == nil {
				seen[j] = map[byte]bool{}
			}
			seen[j][b] = true
		}
	}
	for j := range seen {
		if len(seen[j]) < 200 {
			t.Errorf("byte %d: got %d values in a thousand hashes, want nearly all", j, len(seen[j]))
		}
	}
}

func TestMorePeersThanPortsNeedMoreSources(t *testing.T) {
	opts := Options{Swarms: 1, Peers: maxPorts + 1}
	if _, err := newPopulation(opts); err == nil {
		t.Errorf("got no error for %d peers from one address", opts.Peers)
	}
	opts.Sources = make([]netip.Addr, 2)
	if _, err := newPopulation(opts); err != nil {
		t.Errorf("got %v for two addresses", err)
	}
}
