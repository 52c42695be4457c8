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

// A record is a peer and the tick of its last announce.
type record[K any] struct {
	key  K
	seen ticks
}

// A pool holds the peers of one family of a swarm. Up to smallPool of them are searched one by
// one; above, the pool has an index, and counts its live records by age.
type pool[K key[K]] struct {
	records []record[K] // seeders first
	seeders uint32
	aged    ticks     // when a small pool last lost its dead
	large   *large[K] // nil for a small pool
}

func (p *pool[K]) find(peer swarm.Peer) int {
	var zero K
	k := zero.of(peer)
	if p.large != nil {
		return p.large.find(k)
	}
	for i := range p.records {
		if p.records[i].key == k {
			return i
		}
	}
	return nowhere
}

func (p *pool[K]) put(peer swarm.Peer, place int, seeds bool, now ticks) (was standing, at int) {
	if place == nowhere {
		return absent, p.insert(peer, seeds, now)
	}
	was = p.standing(place, now)
	p.uncount(place, now)
	p.records[place].seen = now
	if seeds != (place < int(p.seeders)) {
		place = p.changeRole(place)
	}
	p.count(place, now)
	return was, place
}

func (p *pool[K]) insert(peer swarm.Peer, seeds bool, now ticks) int {
	var zero K
	at := len(p.records)
	p.records = append(p.records, record[K]{key: zero.of(peer), seen: now})
	p.set(at, p.records[at])
	if seeds {
		at = p.changeRole(at)
	}
	p.count(at, now)
	p.fit(now)
	return at
}

func (p *pool[K]) remove(place int, now ticks) {
	p.take(place, now)
	p.fit(now)
}

// take removes the record at place. What comes to lie there, and anywhere before the border
// between the roles, comes from behind it.
func (p *pool[K]) take(place int, now ticks) {
	p.uncount(place, now)
	if place < int(p.seeders) {
		place = p.changeRole(place) // to the front of the leechers
	}
	last := len(p.records) - 1
	p.swap(place, last)
	p.drop()
}

// changeRole moves the record at place to the other side of the border between the roles, and
// the border past it, and returns its new place.
func (p *pool[K]) changeRole(place int) int {
	border := int(p.seeders)
	if place < border {
		p.seeders--
		border--
	} else {
		p.seeders++
	}
	p.swap(place, border)
	return border
}

func (p *pool[K]) swap(i, j int) {
	if i == j {
		return
	}
	a, b := p.records[i], p.records[j]
	p.set(i, b)
	p.set(j, a)
}

func (p *pool[K]) set(place int, r record[K]) {
	p.records[place] = r
	if p.large != nil {
		p.large.index[r.key] = uint32(place)
	}
}

// drop takes the last record off, and gives memory back when most of it is unused.
func (p *pool[K]) drop() {
	last := len(p.records) - 1
	if p.large != nil {
		delete(p.large.index, p.records[last].key)
	}
	switch p.records = p.records[:last]; {
	case last == 0:
		p.records = nil
	case cap(p.records) > 4*last:
		p.records = slices.Clone(p.records)
	}
}

func (p *pool[K]) standing(place int, now ticks) standing {
	switch {
	case dead(p.records[place].seen, now):
		return absent
	case place < int(p.seeders):
		return seeder
	default:
		return leecher
	}
}

func (p *pool[K]) held() roles {
	return roles{p.seeders, uint32(len(p.records)) - p.seeders}
}

// live counts the members. A small pool has lost its dead when it was aged.
func (p *pool[K]) live() roles {
	if p.large != nil {
		return p.large.ages.live
	}
	return p.held()
}
