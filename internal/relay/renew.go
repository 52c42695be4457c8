package relay

import (
	"context"
	"slices"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

const (
	// renewalsALease is how often a record is renewed in a lease, so that one renewal may be lost.
	renewalsALease = 3
	// renewBatch is how many records a call of the store is for.
	renewBatch = 512
	// idleRounds is into how many pauses the time of a round is divided that found nothing to renew.
	idleRounds = 8
)

// renewAll renews all records, one after the other, until ctx is done: each once a round. How long is waited
// after a batch is its share of the round, so that there are no bursts whatever the sizes of swarms are. A
// round takes a third of a lease at most, and so two renewals of a record are two thirds apart at most,
// however many come and go meanwhile.
func (r *Relay) renewAll(ctx context.Context) {
	round := r.opts.Lease / renewalsALease
	var all []*record
	for {
		next := time.Now()
		end, found := next.Add(round), false
		for i := range r.rooms {
			all = r.rooms[i].all(all[:0])
			for batch := range slices.Chunk(all, renewBatch) {
				found = true
				r.renew(ctx, batch)
				share := round * time.Duration(len(batch)) / time.Duration(max(r.count.Load(), int64(len(batch))))
				if next = next.Add(share); next.After(end) {
					next = end
				}
				if !sleep(ctx, time.Until(next)) {
					return
				}
			}
			clear(all)
		}
		if !found && !sleep(ctx, round/idleRounds) {
			return
		}
	}
}

// sleep reports whether it slept for d, and ctx was not done meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// renew writes some records again, and reports whether any was. Those of browsers that have been silent for
// too long are released instead; those that are being written are not its business, nor are those that have
// become nobody's.
func (r *Relay) renew(ctx context.Context, records []*record) (any bool) {
	stored := make([]swarm.Record, 0, len(records))
	ours := make([]*record, 0, len(records))
	for _, rec := range records {
		sh := r.shardOf(rec.id)
		sh.mu.Lock()
		switch {
		case rec.session == nil, rec.writing:
		case r.since()-rec.announced >= r.opts.Lifetime:
			r.forget(sh, rec)
			r.release(rec)
		default:
			rec.writing = true
			ours, stored = append(ours, rec), append(stored, rec.stored())
		}
		sh.mu.Unlock()
	}
	if len(ours) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	err := r.leases.Renew(ctx, stored)
	for i, rec := range ours {
		any = r.renewed(rec, stored[i].Version, err) || any
	}
	return any
}

// renewed notes what came of the renewal of rec, and reports whether it was written. A version that is the
// old one was not, or who knows.
func (r *Relay) renewed(rec *record, version swarm.Version, err error) (written bool) {
	var takings []swarm.Signal
	sh := r.shardOf(rec.id)
	sh.mu.Lock()
	written = err == nil || version != rec.version
	sh.free(rec)
	rec.version = version
	switch {
	case rec.session == nil:
		// Taken elsewhere, whose owner writes again soon; or the session closed, and the version is nobody's.
		if rec.orphan {
			r.release(rec)
		}
	case !written:
		r.mendLater(rec)
	default:
		if rec.unwritten && rec.taking != told {
			takings = append(takings, swarm.Signal{Kind: swarm.Taking, To: rec.id, InfoHash: rec.hash, Stamp: rec.stamp})
			if rec.taking == tellOnce {
				rec.taking = told
			}
		}
		rec.unwritten = false
	}
	sh.mu.Unlock()
	r.metrics.renewals[resultOf(written)].Inc()
	if len(takings) > 0 {
		r.bus.Publish(takings...)
	}
	return written
}
