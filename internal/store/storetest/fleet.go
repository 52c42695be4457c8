package storetest

import (
	"math/rand/v2"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A fleet is some browsers with several sessions each, which know nothing of each other.
type fleet struct {
	room
	model    *Model
	rng      *rand.Rand
	sessions map[swarm.Peer][]*session
	all      []*session
}

// sessionsEach is how many sessions a browser may have.
const sessionsEach = 3

// session returns any of the sessions of browser p, perhaps a new one.
func (f *fleet) session(p swarm.Peer) *session {
	known := f.sessions[p]
	if n := f.rng.IntN(sessionsEach); n < len(known) {
		return known[n]
	}
	s := &session{f.room, swarm.Record{InfoHash: f.hash, Peer: p.ID()}}
	f.sessions[p] = append(known, s)
	f.all = append(f.all, s)
	return s
}

// act does something to the records of some sessions, as frontends do, and has the model do the same.
func (f *fleet) act() {
	f.t.Helper()
	if len(f.all) == 0 {
		return
	}
	some := make([]*session, 0, 20)
	for range 1 + f.rng.IntN(cap(some)) {
		some = append(some, f.all[f.rng.IntN(len(f.all))])
	}
	switch f.rng.IntN(4) {
	case 0:
		f.release(some...)
		for _, s := range some {
			f.model.release(s.record)
		}
	case 1:
		var want []swarm.Holding
		for _, s := range some {
			want = append(want, f.model.holding(s.record))
		}
		f.wantHeld("some of many", some, want...)
	default:
		f.renewThose(some)
	}
}

// renewThose renews the records of sessions that think they have one.
func (f *fleet) renewThose(some []*session) {
	var owners []*session
	for _, s := range some {
		if s.record.Version != 0 {
			owners = append(owners, s)
		}
	}
	f.renew(owners...)
	for _, s := range owners { // one that is there twice has the version of the second time
		f.model.renew(s.record)
	}
}

// renew has the model know of r, which was just renewed.
func (m *Model) renew(r swarm.Record) {
	m.write(swarm.WebRTCPeer(r.Peer), modelMember{r.Seeder, m.now, r.Version})
}

func (m *Model) release(r swarm.Record) {
	if m.holding(r) == swarm.Held {
		m.remove(swarm.WebRTCPeer(r.Peer))
	}
}

func (m *Model) holding(r swarm.Record) swarm.Holding {
	member, lives := m.living(swarm.WebRTCPeer(r.Peer))
	switch {
	case !lives:
		return swarm.Gone
	case member.version == r.Version:
		return swarm.Held
	default:
		return swarm.Taken
	}
}
