package memstore

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
)

func member(n int) swarm.Peer { return memberOf(swarm.IPv4, n) }

func memberOf(f swarm.Family, n int) swarm.Peer {
	var compact [swarm.MaxCompactLen]byte
	binary.BigEndian.PutUint32(compact[:], uint32(n))
	return swarm.PeerFrom(f, compact[:])
}

// wantSound fails the test unless the pool's index, border and counts agree with its records.
func wantSound(t *testing.T, p *pool, now ticks) {
	t.Helper()
	var live roles
	for i := range p.held.sum() {
		peer := p.peer(i)
		if got := p.find(peer); got != i {
			t.Fatalf("find(%v): got place %d, want %d", peer, got, i)
		}
		switch {
		case dead(p.at(i).seen(), now):
		case i < int(p.held.seeders):
			live.seeders++
		default:
			live.leechers++
		}
	}
	if len(p.records) != p.held.sum()*int(p.size) {
		t.Fatalf("got %d bytes of records, want %d of %d bytes", len(p.records), p.held.sum(), p.size)
	}
	if p.large != nil && p.large.index.len() != p.held.sum() {
		t.Fatalf("got an index of %d, want %d", p.large.index.len(), p.held.sum())
	}
	if got := p.live(); got != live {
		t.Fatalf("got live %+v, want %+v", got, live)
	}
}

func TestAPoolStaysSoundWhateverHappensToIt(t *testing.T) {
	for _, p := range []pool{newPool(swarm.IPv4, lifetimeTicks), newPool(swarm.WebRTC, 3)} {
		now := ticks(1<<16 - 300) // so that ticks wrap on the way
		versions := map[swarm.Peer]swarm.Version{}
		for step := range 60_000 {
			peer := memberOf(p.family, rand.IntN(1+400*(step/10_000%3)))
			p.age(now)
			switch place := p.find(peer); {
			case rand.IntN(3) > 0:
				_, place = p.put(peer, place, rand.IntN(2) == 0, now)
				if p.versioned > 0 {
					versions[peer] = swarm.Version(step)
					p.at(place).sign(versions[peer])
				}
			case place != nowhere:
				p.remove(place, now)
			}
			if step%101 == 0 {
				wantSound(t, &p, now)
				wantVersions(t, &p, versions)
				now += ticks(rand.IntN(3))
			}
		}
	}
}

// wantVersions fails the test unless each browser of the pool has its own version.
func wantVersions(t *testing.T, p *pool, versions map[swarm.Peer]swarm.Version) {
	t.Helper()
	for i := range p.held.sum() {
		if want := versions[p.peer(i)]; p.versioned > 0 && p.at(i).version() != want {
			t.Fatalf("%v: got version %d, want %d", p.peer(i), p.at(i).version(), want)
		}
	}
}

func TestAPurgeLooksAtNoMoreThanItsBudget(t *testing.T) {
	const members, budget = 10_000, 100
	p := newPool(swarm.IPv4, lifetimeTicks)
	for n := range members {
		p.put(member(n), nowhere, n%2 == 0, 0)
	}
	now := ticks(lifetimeTicks + 1)
	p.large.ages.advance(now)
	for rounds := 1; ; rounds++ {
		left := budget
		held := p.held.sum()
		clean := p.purge(now, &left)
		if left < 0 || held-p.held.sum() > budget {
			t.Fatalf("got %d records removed and %d left of a budget of %d", held-p.held.sum(), left, budget)
		}
		if clean {
			if rounds < members/budget || p.held.sum() != 0 {
				t.Errorf("got a clean pool of %d after %d rounds", p.held.sum(), rounds)
			}
			return
		}
		wantSound(t, &p, now)
	}
}

func TestAPoolThatShrinksGivesMemoryBack(t *testing.T) {
	p := newPool(swarm.IPv4, lifetimeTicks)
	for n := range 50_000 {
		p.put(member(n), nowhere, false, 0)
	}
	for n := 49_999; n >= 3000; n-- {
		p.remove(p.find(member(n)), 0)
	}
	if cap(p.records)/int(p.size) > 4*3001 || p.large.peak > 8*4096 {
		t.Errorf("3,000 records: got room for %d, and an index of %d", cap(p.records)/int(p.size), p.large.peak)
	}
	for n := 2999; n >= 5; n-- {
		p.remove(p.find(member(n)), 0)
	}
	if cap(p.records)/int(p.size) > 4*6 || p.large != nil {
		t.Errorf("5 records: got room for %d, index %v", cap(p.records)/int(p.size), p.large != nil)
	}
	for n := range 5 {
		p.remove(p.find(member(n)), 0)
	}
	if p.records != nil {
		t.Errorf("no records: got room for %d", cap(p.records)/int(p.size))
	}
}

func TestAPurgeTakesWhatItLooksAtOffTheBudget(t *testing.T) {
	for _, size := range []int{1, smallPool, smallPool + 1, 4000} {
		p := newPool(swarm.IPv4, lifetimeTicks)
		for n := range size {
			p.put(member(n), nowhere, n%2 == 0, 0)
		}
		const budget = 1000
		now, looked := ticks(lifetimeTicks+1), 0
		for clean := false; !clean; {
			left := budget
			clean = p.purge(now, &left)
			if took := budget - left; took > budget || took == 0 {
				t.Fatalf("%d dead: one purge looked at %d records, want some, and at most %d", size, took, budget)
			}
			looked += budget - left
		}
		if looked < size || p.held.sum() != 0 {
			t.Errorf("%d dead: got %d looked at and %d left, want all looked at and none left", size, looked, p.held.sum())
		}
	}
}
