package memstore

import (
	"context"
	"runtime"
	"time"
)

// sweepSlice is how many records, and swarms, the sweep looks at before it lets announces in: some
// tens of microseconds.
const sweepSlice = 512

// Run moves the store's time and removes the dead, shard after shard, each once a tick, until ctx
// is done. It returns nil.
func (s *Store) Run(ctx context.Context) error {
	ticker := time.NewTicker(max(s.tick/shardCount, time.Millisecond))
	defer ticker.Stop()
	for i := 0; ; i = (i + 1) % shardCount {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.readClock()
			s.shards[i].sweep()
		}
	}
}

// Sweep moves the store's time and removes all that is dead by now.
func (s *Store) Sweep() {
	s.readClock()
	for i := range s.shards {
		s.shards[i].sweep()
	}
}

// readClock moves the store's time, which never goes back.
func (s *Store) readClock() {
	now := uint32(s.opts.Now().Sub(s.started) / s.tick)
	s.now.Store(max(now, s.now.Load()))
}

// sweep removes the dead of a shard. It lets go of the mutex after each slice, which a range over
// the map allows for: what others add or delete meanwhile is seen or not.
func (sh *shard) sweep() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	budget := sweepSlice
	for h, m := range sh.swarms {
		budget--
		// Twice around is always enough; an end that is certain is worth more than a perfect one.
		clean := false
		for slices := 2*m.size()/sweepSlice + 2; slices > 0 && !clean; slices-- {
			before := m.totals()
			clean = m.purge(sh.store.clock(), &budget)
			sh.settle(h, m, before)
			if budget <= 0 {
				sh.mu.Unlock()
				runtime.Gosched()
				sh.mu.Lock()
				budget = sweepSlice
			}
		}
	}
}

// purge ages the pools and removes dead records, and reports whether none is left.
func (m *members) purge(now ticks, budget *int) (clean bool) {
	clean = m.v4.purge(now, budget)
	if m.others != nil {
		clean = m.others.v6.purge(now, budget) && clean
		clean = m.others.webrtc.purge(now, budget) && clean
	}
	return clean
}
