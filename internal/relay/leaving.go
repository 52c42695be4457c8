package relay

import (
	"context"
	"slices"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A leaving is what Run has to part with: records to release, and peers that perhaps nobody uses any more.
type leaving struct {
	wake chan struct{} // has a value when there is something

	mu      sync.Mutex // guards what follows
	records []swarm.Record
	peers   []*peer
}

const (
	// releaseBatch is how many records a call of the store is for.
	releaseBatch = 4096
	// maxLeaving bounds the records that wait to be released. Others go with their leases.
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
// not manage goes with its lease.
func (r *Relay) part(ctx context.Context) {
	records, peers := r.leaving.takeAll()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.opts.Timeout)
	defer cancel()
	for batch := range slices.Chunk(records, releaseBatch) {
		if err := r.leases.Release(ctx, batch); err != nil {
			r.metrics.releases[failed].Add(float64(len(batch)))
		} else {
			r.metrics.releases[done].Add(float64(len(batch)))
		}
	}
	for _, p := range peers {
		r.unsubscribe(p)
	}
}
