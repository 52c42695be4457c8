package memstore

import "time"

// slots is how many ticks a live record may be from; it divides the range of ticks.
const slots = 64

// lifetimeTicks is the lifetime of a peer. The tick of its last announce may have been nearly over,
// and a peer is never cut short, so that one is given besides.
const lifetimeTicks = slots - 1

// ticks is a time in parts of the peers' lifetime. It wraps, so only differences mean something: a
// record must be removed before 65,536 ticks have gone by, a thousand lifetimes.
type ticks uint16

// lifeOf returns for how many ticks a record must live to live for d, or for the lifetime when d is
// zero or longer than that. It lives for one more at most.
func lifeOf(d, tick time.Duration) ticks {
	if n := (d + tick - 1) / tick; n > 0 && n < lifetimeTicks {
		return ticks(n)
	}
	return lifetimeTicks
}

// dead reports whether who last announced at then is gone at now.
func dead(then, now ticks) bool { return now-then > lifetimeTicks }

// ages counts the live records of a large pool by the tick of their last announce, so that time
// takes whole ticks off the counts without a look at the records.
type ages struct {
	now    ticks
	live   roles
	byTick [slots]roles // the slot of tick t is t modulo slots
}

// advance moves to now and drops what died on the way.
func (a *ages) advance(now ticks) {
	steps := min(int(now-a.now), slots)
	for i := range steps {
		slot := a.slot(now - ticks(i))
		a.live.seeders -= slot.seeders
		a.live.leechers -= slot.leechers
		*slot = roles{}
	}
	a.now = now
}

// add counts a record of the tick then, which must not be dead, and sub takes it off again.
func (a *ages) add(then ticks, seeder bool) { a.count(then, seeder, 1) }
func (a *ages) sub(then ticks, seeder bool) { a.count(then, seeder, ^uint32(0)) }

func (a *ages) count(then ticks, seeder bool, delta uint32) {
	slot := a.slot(then)
	if seeder {
		slot.seeders += delta
		a.live.seeders += delta
	} else {
		slot.leechers += delta
		a.live.leechers += delta
	}
}

func (a *ages) slot(t ticks) *roles { return &a.byTick[t%slots] }
