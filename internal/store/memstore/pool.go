package memstore

import (
	"slices"

	"github.com/starling-tracker/starling/internal/swarm"
)

// nowhere is the place of a peer that has no record.
const nowhere = -1

// A standing is what a peer was before it announced.
type standing uint8

const (
	absent standing = iota // unknown, or dead
	leecher
	seeder
)

// roles counts peers by role.
type roles struct{ seeders, leechers uint32 }

func (r roles) sum() int { return int(r.seeders) + int(r.leechers) }

// A pool holds the peers of one family of a swarm, each at a place below held.sum(). Places hold
// until the pool is changed. Up to smallPool of them are searched one by one; above, the pool has an
// index, and counts its live records by age.
type pool struct {
	records   []byte // seeders first
	held      roles  // all records, the dead among them
	large     *large // nil for a small pool
	aged      ticks  // when a small pool last lost its dead
	early     ticks  // records are written as if this long ago, to die so much sooner
	size      uint8  // of a record, in bytes
	versioned uint8  // bytes of it that are the version: none, or versionLen
	family    swarm.Family
}

// newPool returns an empty pool, whose records live for life ticks.
func newPool(f swarm.Family, life ticks) pool {
	p := pool{family: f, early: lifetimeTicks - life}
	if f == swarm.WebRTC {
		p.versioned = versionLen
	}
	p.size = p.versioned + uint8(f.CompactLen()) + seenLen
	return p
}

// find returns the place of peer, or nowhere. Its record may be dead.
func (p *pool) find(peer swarm.Peer) int {
	if p.large != nil {
		return p.large.index.find(peer)
	}
	var compact [swarm.MaxCompactLen]byte
	return p.search(peer.AppendCompact(compact[:0]))
}

// put records the peer whose place find just returned, and returns what it was and where it is.
func (p *pool) put(peer swarm.Peer, place int, seeds bool, now ticks) (was standing, at int) {
	if place == nowhere {
		return absent, p.insert(peer, seeds, now)
	}
	was = p.standing(place, now)
	p.uncount(place, now)
	p.at(place).see(now - p.early)
	if seeds != (place < int(p.held.seeders)) {
		place = p.changeRole(place)
	}
	p.count(place, now)
	return was, place
}

func (p *pool) insert(peer swarm.Peer, seeds bool, now ticks) int {
	place := p.held.sum()
	if p.versioned > 0 {
		p.records = append(p.records, make([]byte, versionLen)...)
	}
	p.records = append(peer.AppendCompact(p.records), 0, 0)
	p.at(place).see(now - p.early)
	p.held.leechers++
	if p.large != nil {
		p.large.index.set(peer, place)
	}
	if seeds {
		place = p.changeRole(place)
	}
	p.count(place, now)
	p.fit(now)
	return place
}

func (p *pool) remove(place int, now ticks) {
	p.take(place, now)
	p.fit(now)
}

// take removes the record at place. What comes to lie there, and anywhere before the border
// between the roles, comes from behind it.
func (p *pool) take(place int, now ticks) {
	p.uncount(place, now)
	if place < int(p.held.seeders) {
		place = p.changeRole(place) // to the front of the leechers
	}
	p.swap(place, p.held.sum()-1)
	p.drop()
}

// changeRole moves the record at place to the other side of the border between the roles, and
// the border past it, and returns its new place.
func (p *pool) changeRole(place int) int {
	border := int(p.held.seeders)
	if place < border {
		border--
		p.held.seeders--
		p.held.leechers++
	} else {
		p.held.seeders++
		p.held.leechers--
	}
	p.swap(place, border)
	return border
}

func (p *pool) swap(i, j int) {
	if i == j {
		return
	}
	var buf [versionLen + swarm.MaxCompactLen + seenLen]byte
	a, b := p.at(i), p.at(j)
	saved := buf[:copy(buf[:], a)]
	copy(a, b)
	copy(b, saved)
	if p.large != nil {
		p.large.index.set(p.peer(i), i)
		p.large.index.set(p.peer(j), j)
	}
}

// drop takes the last record off, which is a leecher's, and gives memory back when most of it is
// unused.
func (p *pool) drop() {
	last := p.held.sum() - 1
	if p.large != nil {
		p.large.index.remove(p.peer(last))
	}
	p.held.leechers--
	size := int(p.size)
	switch p.records = p.records[:last*size]; {
	case last == 0:
		p.records = nil
	case cap(p.records) > 4*len(p.records):
		p.records = slices.Clone(p.records)
	}
}

func (p *pool) standing(place int, now ticks) standing {
	switch {
	case dead(p.at(place).seen(), now):
		return absent
	case place < int(p.held.seeders):
		return seeder
	default:
		return leecher
	}
}

// live counts the members. A small pool has lost its dead when it was aged.
func (p *pool) live() roles {
	if p.large != nil {
		return p.large.ages.live
	}
	return p.held
}
