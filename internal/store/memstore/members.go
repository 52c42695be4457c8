package memstore

import (
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// members are the peers of one swarm. Most swarms have IPv4 peers only, so that pool lies inside
// and the others are made when one of them is needed.
type members struct {
	v4        pool
	others    *otherPools
	completed uint32
}

type otherPools struct{ v6, webrtc pool }

// memberTotals are the records of a swarm, a pool a family.
type memberTotals [swarm.Families]roles

func newMembers(completed uint32) *members {
	return &members{v4: newPool(swarm.IPv4, lifetimeTicks), completed: completed}
}

// pool returns the pool of a family, or nil when it was never needed.
func (m *members) pool(f swarm.Family) *pool {
	switch {
	case f == swarm.IPv4:
		return &m.v4
	case m.others == nil:
		return nil
	case f == swarm.IPv6:
		return &m.others.v6
	default:
		return &m.others.webrtc
	}
}

// needPool returns the pool of a family, made when it was missing. Browsers are kept for lease.
func (m *members) needPool(f swarm.Family, lease ticks) *pool {
	if f != swarm.IPv4 && m.others == nil {
		m.others = &otherPools{v6: newPool(swarm.IPv6, lifetimeTicks), webrtc: newPool(swarm.WebRTC, lease)}
	}
	return m.pool(f)
}

func (m *members) age(now ticks) {
	m.v4.age(now)
	if m.others != nil {
		m.others.v6.age(now)
		m.others.webrtc.age(now)
	}
}

// put records the announcer of a and returns its place. Who is new needs the consent of s.
func (m *members) put(a *swarm.Announce, now ticks, s *Store) (self int, err error) {
	f := a.Peer.Family()
	p, place := m.pool(f), nowhere
	if p != nil {
		place = p.find(a.Peer)
	}
	if place == nowhere {
		if err := s.admit(m); err != nil {
			return nowhere, err
		}
		p = m.needPool(f, s.lease)
	}
	was, self := p.put(a.Peer, place, a.Seeder, now)
	if finished(a, was) {
		m.completed++
	}
	return self, nil
}

// finished reports whether a tells of a download that ended just now: a known leecher is a seeder,
// or an unknown TCP peer says that it completed. An unknown browser that says so proves nothing:
// those that seed a file from their disk do.
func finished(a *swarm.Announce, was standing) bool {
	if !a.Seeder {
		return false
	}
	return was == leecher ||
		was == absent && a.Event == bittorrent.Completed && a.Peer.Family() != swarm.WebRTC
}

// remove removes the record of peer; that of a browser only if version wrote it.
func (m *members) remove(peer swarm.Peer, version swarm.Version, now ticks) {
	p := m.pool(peer.Family())
	if p == nil {
		return
	}
	place := p.find(peer)
	if place == nowhere || p.versioned > 0 && p.at(place).version() != version {
		return
	}
	p.remove(place, now)
}

// stats counts the live members of an aged swarm.
func (m *members) stats() swarm.Stats {
	live := m.v4.live()
	if m.others != nil {
		v6, webrtc := m.others.v6.live(), m.others.webrtc.live()
		live.seeders += v6.seeders + webrtc.seeders
		live.leechers += v6.leechers + webrtc.leechers
	}
	return swarm.Stats{Seeders: live.seeders, Leechers: live.leechers, Completed: m.completed}
}

func (m *members) totals() memberTotals {
	t := memberTotals{swarm.IPv4: m.v4.held}
	if m.others != nil {
		t[swarm.IPv6], t[swarm.WebRTC] = m.others.v6.held, m.others.webrtc.held
	}
	return t
}

func (m *members) size() (n int) {
	for _, held := range m.totals() {
		n += held.sum()
	}
	return n
}
