package storetest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var modelTests = map[string]func(*testing.T, Open){
	"AgreesWithASimpleModel": agreesWithASimpleModel,
}

// A model is a swarm as a map, too slow to be wrong.
type model struct {
	now       time.Duration
	members   map[swarm.Peer]modelMember
	completed uint32
}

type modelMember struct {
	seeder bool
	seen   time.Duration
}

// settled reports whether nobody is in the time between lifetime and grace, when a store may still
// know a peer or not.
func (m *model) settled() bool {
	for _, member := range m.members {
		if age := m.now - member.seen; age >= lifetime && age < lifetime+grace {
			return false
		}
	}
	return true
}

func (m *model) expire() {
	for p, member := range m.members {
		if m.now-member.seen >= lifetime+grace {
			delete(m.members, p)
		}
	}
}

func (m *model) announce(a swarm.Announce) swarm.Stats {
	m.expire()
	was, known := m.members[a.Peer]
	switch {
	case a.Event == bittorrent.Stopped:
		delete(m.members, a.Peer)
		return m.stats()
	case a.Seeder && known && !was.seeder,
		a.Seeder && !known && a.Event == bittorrent.Completed && a.Peer.Family() != swarm.WebRTC:
		m.completed++
	}
	m.members[a.Peer] = modelMember{a.Seeder, m.now}
	return m.stats()
}

func (m *model) stats() swarm.Stats {
	s := swarm.Stats{Completed: m.completed}
	for _, member := range m.members {
		if member.seeder {
			s.Seeders++
		} else {
			s.Leechers++
		}
	}
	return s
}

// wantList fails the test unless peers is a list that a may be answered with.
func (m *model) wantList(t *testing.T, a swarm.Announce, peers []swarm.Peer) {
	t.Helper()
	eligible := 0
	for p, member := range m.members {
		if m.mayList(a, p, member) {
			eligible++
		}
	}
	if want := min(eligible, a.NumWant); a.Event != bittorrent.Stopped && len(peers) != want {
		t.Fatalf("%+v: got %d peers, want %d of %d", a, len(peers), want, eligible)
	}
	wantDistinct(t, peers, a.Peer)
	for _, p := range peers {
		if member, known := m.members[p]; !known || !m.mayList(a, p, member) {
			t.Fatalf("%+v: got %v, which is %+v, known: %v", a, p, member, known)
		}
	}
}

func (m *model) mayList(a swarm.Announce, p swarm.Peer, member modelMember) bool {
	sameFamily := p.Family() == a.Peer.Family() ||
		a.AnyFamily && p.Family() != swarm.WebRTC && a.Peer.Family() != swarm.WebRTC
	return sameFamily && p != a.Peer && a.Event != bittorrent.Stopped && (!member.seeder || !a.WantsLeechersOnly())
}

func agreesWithASimpleModel(t *testing.T, open Open) {
	for _, size := range []int{3, 40, 120, 900} {
		seed := rand.Uint64()                            //nolint:gosec // it is printed, not secret
		rng := rand.New(rand.NewPCG(seed, uint64(size))) //nolint:gosec // repeatable on purpose
		r := newRoom(t, open)
		m := &model{members: map[swarm.Peer]modelMember{}}
		number := []func(int) swarm.Peer{peer4, peer4, peer4, peer6, browser}
		for step := range 6000 {
			// The swarm breathes: it is drawn from a few of its peers, then from all, and so on.
			among := max(1, size>>(step/1000%3*2))
			a := swarm.Announce{
				Peer:   number[rng.IntN(len(number))](rng.IntN(among)),
				Event:  bittorrent.Event(rng.IntN(bittorrent.Events)),
				Seeder: rng.IntN(2) == 0, NumWant: rng.IntN(80), AnyFamily: rng.IntN(2) == 0,
			}
			got, peers := r.say(a)
			if want := m.announce(a); got != want {
				t.Fatalf("size %d, seed %d, step %d: %+v: got %+v, want %+v", size, seed, step, a, got, want)
			}
			m.wantList(t, a, peers)
			if rng.IntN(4) == 0 {
				r.advance(m, rng)
			}
		}
	}
}

// advance lets some time pass, mostly little, and on until the model is sure who lives.
func (r room) advance(m *model, rng *rand.Rand) {
	d := time.Duration(rng.Int64N(int64(lifetime / 200)))
	if rng.IntN(200) == 0 {
		d = time.Duration(rng.Int64N(int64(3 * lifetime)))
	}
	for {
		r.store.Advance(d)
		m.now += d
		m.expire()
		if m.settled() {
			return
		}
		d = grace / 4
	}
}
