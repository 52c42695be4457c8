package e2e_test

import (
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// fill announces peers with the ports 1 to n, of which the first are seeders, each at some replica.
func (h *host) fill(t *testing.T, hash bittorrent.InfoHash, n, seeders int) {
	t.Helper()
	for i := range n {
		a := client.Announcement{InfoHash: hash, Port: uint16(1 + i), NumWant: -1}
		if i >= seeders {
			a.Left = 1
		}
		if _, err := h.announce(swarm.UDP, a); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListsOfTwoFamiliesAreSharedOutWhicheverReplicaIsAsked: over HTTP a client's own family gets three
// quarters of the list, and what one lacks the other fills. Over UDP there is only its own.
func TestListsOfTwoFamiliesAreSharedOutWhicheverReplicaIsAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fleet) {
		rng := newRand(t)
		v4, v6 := newHost(t, f, rng, "127.0.0.1"), newHost(t, f, rng, "::1")
		for _, tt := range []struct {
			asking           *host
			n4, n6           int // of each family, the one that asks among them
			wantOwn, wantOut int // of 40
		}{
			{v4, 120, 120, 30, 10},
			{v6, 120, 120, 30, 10},
			{v4, 6, 120, 5, 35},
			{v6, 120, 6, 5, 35},
			{v4, 120, 6, 34, 6},
		} {
			hash := randomHash(rng)
			v4.fill(t, hash, tt.n4, 0)
			v6.fill(t, hash, tt.n6, 0)
			for i := range f.replicas {
				a := client.Announcement{InfoHash: hash, Port: 1, Left: 1, NumWant: 40}
				reply, err := tt.asking.announceAt(f.replica(i), swarm.HTTP, a)
				if own := ofFamily(reply.Peers, tt.asking); err != nil || own != tt.wantOwn || len(reply.Peers)-own != tt.wantOut {
					t.Errorf("%+v at replica %d: got %d of its own family of %d, error %v", tt, i, own, len(reply.Peers), err)
				}
				if int(reply.Leechers) != tt.n4+tt.n6 {
					t.Errorf("%+v at replica %d: got %d leechers, want %d", tt, i, reply.Leechers, tt.n4+tt.n6)
				}
				reply, err = tt.asking.announceAt(f.replica(i), swarm.UDP, a)
				if own := ofFamily(reply.Peers, tt.asking); err != nil || own != len(reply.Peers) || own < tt.wantOwn {
					t.Errorf("%+v over UDP at replica %d: got %v, error %v", tt, i, reply.Peers, err)
				}
			}
		}
	}, "--redis.recount=0s")
}

func ofFamily(peers []netip.AddrPort, h *host) (n int) {
	for _, p := range peers {
		if p.Addr() == h.ip {
			n++
		}
	}
	return n
}

// TestEveryMemberOfALargeSwarmIsToldWhicheverReplicaIsAsked: lists are samples, of which leechers are a
// third at the least, and a swarm that grew by announces at all replicas is sampled whole by each.
func TestEveryMemberOfALargeSwarmIsToldWhicheverReplicaIsAsked(t *testing.T) {
	const size, seeders, numWant, lists = 300, 240, 60, 150
	everywhere(t, func(t *testing.T, f *fleet) {
		h := newHost(t, f, newRand(t), "127.0.0.1")
		hash := randomHash(h.rng)
		h.fill(t, hash, size, seeders)
		a := client.Announcement{InfoHash: hash, Port: size, Left: 1, NumWant: numWant}
		for i := range f.replicas {
			told := map[netip.AddrPort]int{}
			for range lists {
				reply, err := h.announceAt(f.replica(i), swarm.UDP, a)
				if err != nil {
					t.Fatal(err)
				}
				leechers := 0
				for _, p := range reply.Peers {
					told[p]++
					if p.Port() > seeders {
						leechers++
					}
				}
				if len(reply.Peers) != numWant || leechers < numWant/3 {
					t.Errorf("replica %d: got %d peers, %d of them leechers, want %d and a third", i, len(reply.Peers), leechers, numWant)
				}
			}
			if len(told) != size-1 || told[h.peer(size)] > 0 {
				t.Errorf("replica %d: got %d peers told in %d lists, want all %d others", i, len(told), lists, size-1)
			}
		}
	})
}
