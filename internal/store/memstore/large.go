package memstore

// A pool becomes large above smallPool records and small again below half of it, so that one at
// the border does not swing.
const smallPool = 128

// rebuildBelow bounds the work of making an index that fits after a swarm has shrunk.
const rebuildBelow = 4096

// large is what a large pool has besides its records.
type large struct {
	index  index
	peak   int // the most records the index has held: it never gives memory back
	ages   ages
	cursor int // purge looks below it next
}

// fit makes the pool large or small as its size asks, and the index of one that has shrunk smaller.
func (p *pool) fit(now ticks) {
	n := p.held.sum()
	switch {
	case p.large == nil && n > smallPool:
		p.large = &large{index: newIndex(p), peak: n, ages: ages{now: now}}
		for place := range n {
			p.count(place, now)
		}
	case p.large == nil:
	case n < smallPool/2:
		p.large = nil
		p.purgeAll(now)
	case n < rebuildBelow && n < p.large.peak/8:
		p.large.index, p.large.peak = newIndex(p), n
	default:
		p.large.peak = max(p.large.peak, n)
	}
}

// count takes the record at place into the counts of live members, and uncount takes it off. The
// dead are not among them.
func (p *pool) count(place int, now ticks) {
	if p.large == nil {
		return
	}
	if seen := p.at(place).seen(); !dead(seen, now) {
		p.large.ages.add(seen, place < int(p.held.seeders))
	}
}

func (p *pool) uncount(place int, now ticks) {
	if p.large == nil {
		return
	}
	if seen := p.at(place).seen(); !dead(seen, now) {
		p.large.ages.sub(seen, place < int(p.held.seeders))
	}
}
