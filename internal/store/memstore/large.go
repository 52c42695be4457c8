package memstore

// A pool becomes large above smallPool records and small again below half of it, so that one at
// the border does not swing.
const smallPool = 128

// rebuildBelow bounds the work of making an index that fits after a swarm has shrunk.
const rebuildBelow = 4096

// large is what a large pool has besides its records.
type large[K key[K]] struct {
	index  map[K]uint32 // the place of each record
	peak   int          // the most records the index has held: it never gives memory back
	ages   ages
	cursor int // purge looks below it next
}

func (l *large[K]) find(k K) int {
	if place, ok := l.index[k]; ok {
		return int(place)
	}
	return nowhere
}

// fit makes the pool large or small as its size asks, and the index of one that has shrunk smaller.
func (p *pool[K]) fit(now ticks) {
	n := len(p.records)
	switch {
	case p.large == nil && n > smallPool:
		p.large = &large[K]{index: indexOf(p.records), peak: n, ages: ages{now: now}}
		for place := range p.records {
			p.count(place, now)
		}
	case p.large == nil:
	case n < smallPool/2:
		p.large = nil
		p.purgeAll(now)
	case n < rebuildBelow && n < p.large.peak/8:
		p.large.index, p.large.peak = indexOf(p.records), n
	default:
		p.large.peak = max(p.large.peak, n)
	}
}

func indexOf[K key[K]](records []record[K]) map[K]uint32 {
	index := make(map[K]uint32, len(records))
	for i := range records {
		index[records[i].key] = uint32(i)
	}
	return index
}

// count takes the record at place into the counts of live members, and uncount takes it off. The
// dead are not among them.
func (p *pool[K]) count(place int, now ticks) {
	if p.large != nil && !dead(p.records[place].seen, now) {
		p.large.ages.add(p.records[place].seen, place < int(p.seeders))
	}
}

func (p *pool[K]) uncount(place int, now ticks) {
	if p.large != nil && !dead(p.records[place].seen, now) {
		p.large.ages.sub(p.records[place].seen, place < int(p.seeders))
	}
}
