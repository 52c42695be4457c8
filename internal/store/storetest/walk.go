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

// modelLease is long enough for browsers to gather, however few of the announces are theirs.
const modelLease = lifetime / 2

func agreesWithASimpleModel(t *testing.T, open Open) {
	for _, size := range []int{3, 40, 120, 900} {
		seed := rand.Uint64()                            //nolint:gosec // it is printed, not secret
		rng := rand.New(rand.NewPCG(seed, uint64(size))) //nolint:gosec // repeatable on purpose
		r := newRoomWith(t, open, Options{Lease: modelLease})
		m := NewModel(lifetime+grace, modelLease+grace)
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
			if want := m.Announce(a, got.Version); got.Stats != want {
				t.Fatalf("size %d, seed %d, step %d: %+v: got %+v, want %+v", size, seed, step, a, got, want)
			}
			m.wantList(t, a, peers)
			if s != nil {
				s.record.Seeder, s.record.Version = a.Seeder, got.Version
			}
			if rng.IntN(10) == 0 {
				fleet.act()
				if got, want := r.scrape(), m.Stats(); got != want {
					t.Fatalf("size %d, seed %d, step %d: got %+v, want %+v", size, seed, step, got, want)
				}
			}
			if rng.IntN(4) == 0 {
				r.advance(m, rng)
			}
		}
	}
}

// wantList fails the test unless peers is a list that a may be answered with.
func (m *Model) wantList(t *testing.T, a swarm.Announce, peers []swarm.Peer) {
	t.Helper()
	eligible := 0
	for f := range swarm.Family(swarm.Families) {
		eligible += m.Eligible(a, f)
	}
	if want := min(eligible, a.NumWant); len(peers) != want {
		t.Fatalf("%+v: got %d peers, want %d of %d", a, len(peers), want, eligible)
	}
	m.WantMembers(t, a, peers)
	if want := min(m.otherLeechers(a), a.NumWant); a.WantsLeechersFirst() && a.Event != bittorrent.Stopped {
		if got := countLeechers(peers, func(p swarm.Peer) bool { return m.members[p].seeder }); got != want {
			t.Fatalf("%+v: got %d leechers among %d, want %d", a, got, len(peers), want)
		}
	}
}

// otherLeechers returns how many leechers there are in the announcer's pool besides it.
func (m *Model) otherLeechers(a swarm.Announce) int {
	n := int(m.pools[a.Peer.Family()].Leechers)
	if self, lives := m.living(a.Peer); lives && !self.seeder {
		n--
	}
	return n
}

// WantMembers fails the test when peers names somebody twice, or who may not be in the list for a.
func (m *Model) WantMembers(t *testing.T, a swarm.Announce, peers []swarm.Peer) {
	t.Helper()
	if len(peers) > max(a.NumWant, 0) {
		t.Fatalf("%+v: got %d peers", a, len(peers))
	}
	wantDistinct(t, peers, a.Peer)
	for _, p := range peers {
		if !mayName(a, p.Family()) || !m.lists(a, p) {
			t.Fatalf("%+v: got %v, which is %+v", a, p, m.members[p])
		}
	}
}

// advance lets some time pass, mostly little, and on until the model is sure who lives.
func (r room) advance(m *Model, rng *rand.Rand) {
	d := time.Duration(rng.Int64N(int64(lifetime / 200)))
	if rng.IntN(200) == 0 {
		d = time.Duration(rng.Int64N(int64(3 * lifetime)))
	}
	for {
		r.store.Advance(d)
		m.Advance(d)
		if m.settled() {
			return
		}
		d = grace / 4
	}
}

// settled reports whether nobody is in its last grace, when a store may still know a peer or not.
func (m *Model) settled() bool {
	for p := range m.members {
		if m.Lives(p) && m.now-m.members[p].seen >= m.life[p.Family()]-grace {
			return false
		}
	}
	return true
}
