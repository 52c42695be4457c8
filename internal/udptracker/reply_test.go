package udptracker_test

import (
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/udptracker"
)

// belongs fails the test unless peers are different ones of those that fill made.
func (n *node) belongs(t *testing.T, peers []netip.AddrPort, filled int) {
	t.Helper()
	slices.SortFunc(peers, netip.AddrPort.Compare)
	if distinct := slices.Compact(slices.Clone(peers)); len(distinct) != len(peers) {
		t.Errorf("got %d peers of which %d are distinct, want all", len(peers), len(distinct))
	}
	all := map[netip.AddrPort]bool{}
	for i := range filled {
		all[n.network.peer(i)] = true
	}
	for _, p := range peers {
		if !all[p] {
			t.Errorf("got peer %v, want only those of the swarm", p)
		}
	}
}

func TestThePeersAreOfTheDatagramsFamily(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		other := n.network
		other.family = swarm.IPv4 + swarm.IPv6 - other.family
		n.fill(t, hashA, 3, 1)
		for i := range 100 {
			a := swarm.Announce{InfoHash: hashA, Peer: swarm.TCPPeer(other.peer(i))}
			if _, err := n.store.Announce(t.Context(), a, new(swarm.Peers)); err != nil {
				t.Fatal(err)
			}
		}
		c := n.connected(t)
		r := c.announcement(hashA)
		r.NumWant = 50
		got := c.announce(r)
		if got.Leechers != 103 || got.Seeders != 1 {
			t.Errorf("got %d leechers and %d seeders, want 103 and 1, of both families", got.Leechers, got.Seeders)
		}
		if n.belongs(t, got.peers, 3); len(got.peers) != 3 {
			t.Errorf("got %d peers, want 3", len(got.peers))
		}
	})
}

func TestRepliesFitTheirBytes(t *testing.T) {
	for _, tt := range []struct{ maxReply, ipv4, ipv6 int }{
		{0, 202, 67}, // the default of this test: 1232 bytes
		{548, 88, 29},
		{1452, 238, 79},
	} {
		t.Run(strconv.Itoa(tt.maxReply), func(t *testing.T) {
			everywhere(t, setup{opts: udptracker.Options{MaxReply: tt.maxReply}}, func(t *testing.T, n *node) {
				n.fill(t, hashA, 300, 150)
				want := map[swarm.Family]int{swarm.IPv4: tt.ipv4, swarm.IPv6: tt.ipv6}[n.network.family]
				c := n.connected(t)
				for _, numWant := range []int{want - 1, want, want + 1, 200, 300, 1<<31 - 1} {
					r := c.announcement(hashA)
					r.NumWant = int32(numWant)
					got := c.announce(r).peers
					if n.belongs(t, got, 300); len(got) != min(want, numWant) {
						t.Errorf("num_want %d: got %d peers, want %d", numWant, len(got), min(want, numWant))
					}
				}
			})
		})
	}
}

func TestNumWant(t *testing.T) {
	rows := map[string]struct {
		numWant int32
		want    int
	}{
		"0 is none":                 {0, 0},
		"-1 is the default":         {-1, numWant},
		"below is the default, too": {-1 << 31, numWant},
		"some":                      {3, 3},
		"huge is clamped":           {1<<31 - 1, maxNumWant},
	}
	// Replies that no real network carries, so that nothing else clamps them.
	everywhere(t, setup{opts: udptracker.Options{MaxReply: 8192}}, func(t *testing.T, n *node) {
		n.fill(t, hashA, maxNumWant+10, 0)
		for name, row := range rows {
			t.Run(name, func(t *testing.T) {
				c := n.connected(t)
				r := c.announcement(hashA)
				r.NumWant = row.numWant
				got := c.announce(r).peers
				if n.belongs(t, got, maxNumWant+10); len(got) != row.want {
					t.Errorf("num_want %d: got %d peers, want %d", row.numWant, len(got), row.want)
				}
			})
		}
	})
}

// Who asks for more than a packet holds is told of both roles all the same.
func TestAListThatThePacketBoundsHasLeechers(t *testing.T) {
	const each = 400
	for _, maxReply := range []int{548, 1232} {
		t.Run(strconv.Itoa(maxReply), func(t *testing.T) {
			everywhere(t, setup{opts: udptracker.Options{MaxReply: maxReply}}, func(t *testing.T, n *node) {
				n.fill(t, hashA, 2*each, each)
				seeder := map[netip.AddrPort]bool{}
				for i := range each {
					seeder[n.network.peer(i)] = true
				}
				c := n.connected(t)
				r := c.announcement(hashA)
				r.NumWant = 200
				leechers, got := 0, c.announce(r).peers
				for _, p := range got {
					if !seeder[p] {
						leechers++
					}
				}
				if leechers < len(got)/3 || leechers > len(got)*2/3 {
					t.Errorf("got %d leechers among %d peers, want about half", leechers, len(got))
				}
			})
		})
	}
}
