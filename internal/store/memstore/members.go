package memstore

import (
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// members are the peers of one swarm. Most swarms have IPv4 peers only, so that pool lies inside
// and the others are made when needed.
type members struct {
	v4        pool[key4]
	v6        *pool[key6]
	webrtc    *pool[keyID]
	completed uint32
}

// A peerPool is a pool of any family. Places are where its records lie; they hold until the pool
// is changed.
type peerPool interface {
	// age moves the pool to now. It bounds its work and may leave dead records, not counted as live.
	age(now ticks)
	// find returns the place of p, or nowhere. The record may be dead.
	find(p swarm.Peer) int
	// put records p, whose place find just returned, and returns what it was and where it is.
	put(p swarm.Peer, place int, seeder bool, now ticks) (was standing, at int)
	remove(place int, now ticks)
	live() roles // those that are counted
	held() roles // all records
	// sample appends at most want live peers, but never the one at self.
	sample(dst []swarm.Peer, want int, leechersOnly bool, self int, now ticks) []swarm.Peer
	// purge removes dead records of an aged pool. It takes off budget for each that it looks at,
	// stops when none is left of it, and reports whether no dead record is left.
	purge(now ticks, budget *int) (clean bool)
	detail(limit int, now ticks, tick time.Duration) []swarm.PeerDetail
}

// roles counts peers by role.
type roles struct{ seeders, leechers uint32 }

func (r roles) sum() int { return int(r.seeders) + int(r.leechers) }

// memberTotals are the records of a swarm, a pool a family.
type memberTotals [swarm.Families]roles

// pool returns the pool of a family, or nil when it was never needed.
func (m *members) pool(f swarm.Family) peerPool {
	switch {
	case f == swarm.IPv4:
		return &m.v4
	case f == swarm.IPv6 && m.v6 != nil:
		return m.v6
	case f == swarm.WebRTC && m.webrtc != nil:
		return m.webrtc
	default:
		return nil
	}
}

// needPool returns the pool of a family, made when it was missing.
func (m *members) needPool(f swarm.Family) peerPool {
	switch {
	case f == swarm.IPv6 && m.v6 == nil:
		m.v6 = new(pool[key6])
	case f == swarm.WebRTC && m.webrtc == nil:
		m.webrtc = new(pool[keyID])
	}
	return m.pool(f)
}

// pools yields the pools that exist.
func (m *members) pools(yield func(swarm.Family, peerPool) bool) {
	for f := range swarm.Family(swarm.Families) {
		if p := m.pool(f); p != nil && !yield(f, p) {
			return
		}
	}
}

func (m *members) age(now ticks) {
	for _, p := range m.pools {
		p.age(now)
	}
}

// put records the announcer of a and returns its place. Who is new needs admit's consent.
func (m *members) put(a *swarm.Announce, now ticks, admit func(*members) error) (self int, err error) {
	f := a.Peer.Family()
	p, place := m.pool(f), nowhere
	if p != nil {
		place = p.find(a.Peer)
	}
	if place == nowhere {
		if err := admit(m); err != nil {
			return nowhere, err
		}
		p = m.needPool(f)
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

func (m *members) remove(peer swarm.Peer, now ticks) {
	p := m.pool(peer.Family())
	if p == nil {
		return
	}
	if place := p.find(peer); place != nowhere {
		p.remove(place, now)
	}
}

func (m *members) stats() swarm.Stats {
	s := swarm.Stats{Completed: m.completed}
	for _, p := range m.pools {
		live := p.live()
		s.Seeders += live.seeders
		s.Leechers += live.leechers
	}
	return s
}

func (m *members) totals() (t memberTotals) {
	for f, p := range m.pools {
		t[f] = p.held()
	}
	return t
}

func (m *members) size() (n int) {
	for _, held := range m.totals() {
		n += held.sum()
	}
	return n
}
