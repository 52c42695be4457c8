package storetest

import (
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A Model is a swarm as a map, too simple to be wrong, which stores are compared with. Its clock stands
// still but for Advance.
type Model struct {
	life      [swarm.Families]time.Duration
	now       time.Duration
	members   map[swarm.Peer]modelMember // the dead among them, for a while: clocks go back, too
	pools     [swarm.Families]swarm.Stats
	completed uint32
}

type modelMember struct {
	seeder  bool
	seen    time.Duration
	version swarm.Version
}

// deadKept is for how long a Model keeps the dead, longer than stores do.
const deadKept = 10 * time.Minute

// NewModel returns an empty swarm, in which a peer is dead when it was silent for lifetime, a browser for
// lease.
func NewModel(lifetime, lease time.Duration) *Model {
	return &Model{
		life:    [swarm.Families]time.Duration{lifetime, lifetime, lease},
		members: map[swarm.Peer]modelMember{},
	}
}

// Advance moves the clock by d, which may be below zero.
func (m *Model) Advance(d time.Duration) {
	m.now += d
	m.pools = [swarm.Families]swarm.Stats{}
	for p, member := range m.members {
		switch age := m.now - member.seen; {
		case age < m.life[p.Family()]:
			m.count(p, member, 1)
		case age >= m.life[p.Family()]+deadKept:
			delete(m.members, p)
		}
	}
}

// count adds n to the count that member is among.
func (m *Model) count(p swarm.Peer, member modelMember, n uint32) {
	pool := &m.pools[p.Family()]
	if member.seeder {
		pool.Seeders += n
	} else {
		pool.Leechers += n
	}
}

// living returns the member p, and whether there is one that lives.
func (m *Model) living(p swarm.Peer) (modelMember, bool) {
	member, known := m.members[p]
	return member, known && m.now-member.seen < m.life[p.Family()]
}

// Lives reports whether p is a member.
func (m *Model) Lives(p swarm.Peer) bool {
	_, lives := m.living(p)
	return lives
}

// DiedLately reports whether a store may or may not remember what p was.
func (m *Model) DiedLately(p swarm.Peer) bool {
	_, known := m.members[p]
	return known && !m.Lives(p)
}

// remove removes p, dead or alive.
func (m *Model) remove(p swarm.Peer) {
	if member, lives := m.living(p); lives {
		m.count(p, member, ^uint32(0))
	}
	delete(m.members, p)
}

// write has p be member.
func (m *Model) write(p swarm.Peer, member modelMember) {
	m.remove(p)
	m.members[p] = member
	m.count(p, member, 1)
}

// Announce returns the counts after a, which was given a version when a browser said it.
func (m *Model) Announce(a swarm.Announce, given swarm.Version) swarm.Stats {
	was, known := m.living(a.Peer)
	switch {
	case a.Event == bittorrent.Stopped:
		if a.Peer.Family() != swarm.WebRTC || m.members[a.Peer].version == a.Version {
			m.remove(a.Peer)
		}
		return m.Stats()
	case a.Seeder && known && !was.seeder,
		a.Seeder && !known && a.Event == bittorrent.Completed && a.Peer.Family() != swarm.WebRTC:
		m.completed++
	}
	m.write(a.Peer, modelMember{a.Seeder, m.now, given})
	return m.Stats()
}

// Stats returns the counts over all pools.
func (m *Model) Stats() swarm.Stats {
	s := swarm.Stats{Completed: m.completed}
	for _, pool := range m.pools {
		s.Seeders += pool.Seeders
		s.Leechers += pool.Leechers
	}
	return s
}

// Pools returns the counts of each pool, of the living alone.
func (m *Model) Pools() [swarm.Families]swarm.Stats { return m.pools }

// Eligible returns how many members of the family f may be in the list for a.
func (m *Model) Eligible(a swarm.Announce, f swarm.Family) int {
	if !mayName(a, f) {
		return 0
	}
	n := int(m.pools[f].Leechers)
	if !a.WantsLeechersOnly() {
		n += int(m.pools[f].Seeders)
	}
	if m.lists(a, a.Peer) && a.Peer.Family() == f {
		n--
	}
	return n
}

// lists reports whether p lives and has a role that a wants to hear of.
func (m *Model) lists(a swarm.Announce, p swarm.Peer) bool {
	member, lives := m.living(p)
	return lives && (!member.seeder || !a.WantsLeechersOnly())
}

// mayName reports whether the list for a may name peers of the family f.
func mayName(a swarm.Announce, f swarm.Family) bool {
	own := a.Peer.Family()
	return a.Event != bittorrent.Stopped && (f == own || a.AnyFamily && f != swarm.WebRTC && own != swarm.WebRTC)
}
