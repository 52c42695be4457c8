package relay

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

// mendEvery is how often it is looked whether something can be mended.
const mendEvery = time.Second

// A mending is what is to be set right when the store and the bus can: records whose write failed, and peers
// to whom signals may have been missed, a Taking perhaps. Each is there once.
type mending struct {
	mu        sync.Mutex // guards what follows
	unwritten []*record
	gaps      []*peer
}

func (m *mending) add(rec *record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unwritten = append(m.unwritten, rec)
}

// addGap notes that signals to p may have been missed. Its shard is locked.
func (m *mending) addGap(p *peer) {
	if p.gap {
		return
	}
	p.gap = true
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gaps = append(m.gaps, p)
}

func (m *mending) takeAll() (unwritten []*record, gaps []*peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	unwritten, gaps = m.unwritten, m.gaps
	m.unwritten, m.gaps = nil, nil
	return unwritten, gaps
}

// mendLater notes that the last write of rec failed. Its shard is locked.
func (r *Relay) mendLater(rec *record) {
	rec.unwritten = true
	if !rec.queued {
		rec.queued = true
		r.mending.add(rec)
	}
}

// mendAll sets right what it can, until ctx is done.
func (r *Relay) mendAll(ctx context.Context) {
	tick := time.NewTicker(mendEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.mend(ctx)
			r.releaseLate(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// mend writes what is unwritten, and looks how those stand to whom signals may have been missed. When
// nothing of a batch can be written it leaves the rest for the next time.
func (r *Relay) mend(ctx context.Context) {
	unwritten, gaps := r.mending.takeAll()
	unwritten = r.stillUnwritten(unwritten) // all of them: while the store is away others come and go
	for len(unwritten) > 0 {
		n := min(len(unwritten), renewBatch)
		batch := unwritten[:n]
		unwritten = unwritten[n:]
		r.unqueue(batch)
		if !r.renew(ctx, batch) {
			break
		}
	}
	r.mending.mu.Lock()
	r.mending.unwritten = append(unwritten, r.mending.unwritten...) // the rest is first next time
	r.mending.mu.Unlock()
	for batch := range slices.Chunk(gaps, renewBatch) {
		r.examine(ctx, batch)
	}
}

// stillUnwritten returns those of the records that are, and somebody's. The others are not queued any more.
func (r *Relay) stillUnwritten(records []*record) []*record {
	return slices.DeleteFunc(records, func(rec *record) bool {
		sh := r.shardOf(rec.id)
		sh.mu.Lock()
		defer sh.mu.Unlock()
		rec.queued = rec.session != nil && rec.unwritten
		return !rec.queued
	})
}

// unqueue notes that the records are not queued any more.
func (r *Relay) unqueue(records []*record) {
	for _, rec := range records {
		sh := r.shardOf(rec.id)
		sh.mu.Lock()
		rec.queued = false
		sh.mu.Unlock()
	}
}

// examine finds out whether others wrote the records of some peers, or nobody has them any more.
func (r *Relay) examine(ctx context.Context, peers []*peer) {
	var records []*record
	var stored []swarm.Record
	for _, p := range peers {
		sh := r.shardOf(p.id)
		sh.mu.Lock()
		p.gap = false
		for _, rec := range p.records {
			if !rec.writing && !rec.unwritten {
				records, stored = append(records, rec), append(stored, rec.stored())
			}
		}
		sh.mu.Unlock()
	}
	for len(records) > 0 {
		n := min(len(records), renewBatch)
		r.examineRecords(ctx, records[:n], stored[:n])
		records, stored = records[n:], stored[n:]
	}
}

func (r *Relay) examineRecords(ctx context.Context, records []*record, stored []swarm.Record) {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	held, err := r.leases.Held(ctx, stored, make([]swarm.Holding, 0, len(stored)))
	for i, rec := range records {
		sh := r.shardOf(rec.id)
		sh.mu.Lock()
		switch {
		case rec.session == nil, rec.writing, rec.version != stored[i].Version:
			// Something happened to it meanwhile.
		case err != nil:
			r.mending.addGap(rec.peer)
		default:
			r.settle(sh, rec, held[i])
		}
		sh.mu.Unlock()
	}
}

// settle does what is due for a record of ours that stands so. Its shard is locked.
func (r *Relay) settle(sh *shard, rec *record, h swarm.Holding) {
	switch {
	case h == swarm.Gone, rec.taking != told:
		// Whoever had what was taken while nobody could be told may not know of it, whoever wrote last.
		rec.taking = tellOnce
		r.mendLater(rec)
	case h == swarm.Taken:
		r.forget(sh, rec)
		r.metrics.taken.Inc()
	}
}
