package memstore

// touchBudget is how many records of a large pool an announce looks at for dead ones, when there
// are any. It is what keeps a swarm clean that is busier than the sweep.
const touchBudget = 64

// age moves the pool to now. A small pool loses its dead at once; a large one stops counting them
// and loses some.
func (p *pool) age(now ticks) {
	budget := touchBudget
	p.purge(now, &budget)
}

// hasDead reports whether an aged pool still holds records of the dead.
func (p *pool) hasDead() bool { return p.large != nil && p.large.ages.live.sum() != p.held.sum() }

// purgeAll removes the dead of a small pool.
func (p *pool) purgeAll(now ticks) {
	for at := p.held.sum() - 1; at >= 0; at-- {
		if dead(p.at(at).seen(), now) {
			p.take(at, now)
		}
	}
	p.aged = now
}

// purge moves the pool to now, and takes the records that it looks at off the budget: all of a small
// pool, whatever the budget. In a large one it goes from the back to the front, since what fills a hole
// comes from behind it, and goes on next time where the budget ended.
func (p *pool) purge(now ticks, budget *int) (clean bool) {
	if p.large == nil {
		if p.aged != now {
			*budget -= p.held.sum()
			p.purgeAll(now)
		}
		return true
	}
	if p.large.ages.now != now {
		p.large.ages.advance(now)
	}
	if !p.hasDead() {
		return true
	}
	at := min(p.large.cursor, p.held.sum())
	if at == 0 {
		at = p.held.sum()
	}
	for ; at > 0 && *budget > 0; at-- {
		*budget--
		if dead(p.at(at-1).seen(), now) {
			p.take(at-1, now)
		}
	}
	p.large.cursor = at
	p.fit(now)
	return !p.hasDead()
}
