package relay

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A leaving is what Run has to part with: records to release, and peers that perhaps nobody uses any more.
type leaving struct {
	wake chan struct{} // has a value when there is something

	mu      sync.Mutex // guards what follows
	records []swarm.Record
	peers   []*peer
	late    []late
}

// A late is a record that the store could not be told to remove, and still may have until its lease ends.
type late struct {
	swarm.Record
	until time.Duration // in Relay.since
}

const (
	// releaseBatch is how many records a call of the store is for.
	releaseBatch = 4096
	// maxLeaving bounds the records that wait to be released, and those that wait for it again. Others go with
	// their leases.
	maxLeaving = 1 << 20
)

// addRecords adds records, as many as there is room for.
func (l *leaving) addRecords(records ...swarm.Record) {
	if len(records) == 0 {
		return
	}
	l.mu.Lock()
	l.records = append(l.records, records[:min(len(records), maxLeaving-len(l.records))]...)
	l.mu.Unlock()
	l.rouse()
}

func (l *leaving) addPeer(p *peer) {
	l.mu.Lock()
	l.peers = append(l.peers, p)
	l.mu.Unlock()
	l.rouse()
}

func (l *leaving) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// takeAll returns what there is.
func (l *leaving) takeAll() (records []swarm.Record, peers []*peer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	records, peers = l.records, l.peers
	l.records, l.peers = nil, nil
	return records, peers
}

// release has the store remove rec, as it was written last. Its shard is locked.
func (r *Relay) release(rec *record) {
	if rec.version != 0 {
		r.leaving.addRecords(rec.stored())
	}
}

// partWithAll parts with what leaves until ctx is done.
func (r *Relay) partWithAll(ctx context.Context) {
	for {
		select {
		case <-r.leaving.wake:
			r.part(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// part releases what is to be released, for which the store has some time even when ctx is done; what it does
// not manage is tried again, or goes with its lease.
func (r *Relay) part(ctx context.Context) {
	records, peers := r.leaving.takeAll()
	for batch := range slices.Chunk(records, releaseBatch) {
		if !r.releaseAll(context.WithoutCancel(ctx), batch) {
			r.leaving.addLate(batch, r.since()+r.opts.Lease)
		}
	}
	for _, p := range peers {
		r.unsubscribe(p)
	}
}

// releaseAll has the store remove the records, and reports whether it did.
func (r *Relay) releaseAll(ctx context.Context, records []swarm.Record) bool {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	err := r.leases.Release(ctx, records)
	r.metrics.releases[resultOf(err == nil)].Add(float64(len(records)))
	return err == nil
}

// addLate notes that records are still to be released, if that is done before until. There is no haste: what
// failed once is tried when other things are mended.
func (l *leaving) addLate(records []swarm.Record, until time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, rec := range records[:min(len(records), maxLeaving-len(l.late))] {
		l.late = append(l.late, late{rec, until})
	}
}

// releaseLate releases what could not be released before, as long as that can be done.
func (r *Relay) releaseLate(ctx context.Context) {
	l, now := &r.leaving, r.since()
	l.mu.Lock()
	waiting := slices.DeleteFunc(l.late, func(rec late) bool { return rec.until <= now })
	l.late = nil
	l.mu.Unlock()
	batch := make([]swarm.Record, 0, min(len(waiting), renewBatch))
	for len(waiting) > 0 {
		n := min(len(waiting), renewBatch)
		batch = batch[:0]
		for _, rec := range waiting[:n] {
			batch = append(batch, rec.Record)
		}
		if !r.releaseAll(ctx, batch) {
			break
		}
		waiting = waiting[n:]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = append(waiting, l.late[:min(len(l.late), maxLeaving-len(waiting))]...)
}
