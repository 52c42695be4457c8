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
	seeder  bool
	seen    time.Duration
	version swarm.Version
}

// modelLease is long enough for browsers to gather, however few of the announces are theirs.
const modelLease = lifetime / 2

// life returns how long p is kept.
func life(p swarm.Peer) time.Duration {
	if p.Family() == swarm.WebRTC {
		return modelLease
	}
	return lifetime
}

// settled reports whether nobody is in the time between its life and grace, when a store may still
// know a peer or not.
func (m *model) settled() bool {
	for p, member := range m.members {
		if age := m.now - member.seen; age >= life(p) && age < life(p)+grace {
			return false
		}
	}
	return true
}

func (m *model) expire() {
	for p, member := range m.members {
		if m.now-member.seen >= life(p)+grace {
			delete(m.members, p)
		}
	}
}

// announce returns the counts after a, which was given a version when a browser said it.
func (m *model) announce(a swarm.Announce, given swarm.Version) swarm.Stats {
	m.expire()
	was, known := m.members[a.Peer]
	switch {
	case a.Event == bittorrent.Stopped:
		if a.Peer.Family() != swarm.WebRTC || was.version == a.Version {
			delete(m.members, a.Peer)
		}
		return m.stats()
	case a.Seeder && known && !was.seeder,
		a.Seeder && !known && a.Event == bittorrent.Completed && a.Peer.Family() != swarm.WebRTC:
		m.completed++
	}
	m.members[a.Peer] = modelMember{a.Seeder, m.now, given}
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
		r := newRoomWith(t, open, Options{Lease: modelLease})
		m := &model{members: map[swarm.Peer]modelMember{}}
		fleet := &fleet{room: r, model: m, rng: rng, sessions: map[swarm.Peer][]*session{}}
		number := []func(int) swarm.Peer{peer4, peer4, peer4, peer6, browser}
		for step := range 6000 {
			// The swarm breathes: it is drawn from a few of its peers, then from all, and so on.
			among := max(1, size>>(step/1000%3*2))
			a := swarm.Announce{
				Peer:   number[rng.IntN(len(number))](rng.IntN(among)),
				Event:  bittorrent.Event(rng.IntN(bittorrent.Events)),
				Seeder: rng.IntN(2) == 0, NumWant: rng.IntN(80), AnyFamily: rng.IntN(2) == 0,
			}
			var s *session
			if a.Peer.Family() == swarm.WebRTC {
				s = fleet.session(a.Peer)
				a.Version = s.record.Version
			}
			got, peers := r.announce(a)
			if want := m.announce(a, got.Version); got.Stats != want {
				t.Fatalf("size %d, seed %d, step %d: %+v: got %+v, want %+v", size, seed, step, a, got, want)
			}
			m.wantList(t, a, peers)
			if s != nil {
				s.record.Seeder, s.record.Version = a.Seeder, got.Version
			}
			if rng.IntN(10) == 0 {
				fleet.act()
				if got, want := r.scrape(), m.stats(); got != want {
					t.Fatalf("size %d, seed %d, step %d: got %+v, want %+v", size, seed, step, got, want)
				}
			}
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
