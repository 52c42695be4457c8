package redisstore

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
)

// Renew writes the records of browsers again: see tracker.Leases. It waits for Redis no longer than the
// deadline. A node that is away costs only the renewals of what it has.
func (s *Store) Renew(ctx context.Context, records []swarm.Record) error {
	return s.each(ctx, renewing, records, func(b *batch) {
		for i, place := range b.places {
			records[place].Version = b.records[i].Version
		}
	})
}

// Release removes the records that are as their versions wrote them: see tracker.Leases. It waits for
// Redis no longer than the deadline.
func (s *Store) Release(ctx context.Context, records []swarm.Record) error {
	return s.each(ctx, releasing, records, func(*batch) {})
}

// Held appends how each record stands: see tracker.Leases. It waits for Redis no longer than the
// deadline, and appends nothing when it fails.
func (s *Store) Held(ctx context.Context, records []swarm.Record, held []swarm.Holding) ([]swarm.Holding, error) {
	stand := make([]swarm.Holding, len(records))
	err := s.each(ctx, examining, records, func(b *batch) {
		for i, place := range b.places {
			stand[place] = b.held[i]
		}
	})
	if err != nil {
		return held, err
	}
	return append(held, stand...), nil
}

// each does the same with all records, and calls done with what was done, from several goroutines. It
// does what it can: the error is any one of those that there were.
func (s *Store) each(ctx context.Context, does deed, records []swarm.Record, done func(*batch)) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	places := make([][]int, len(s.lanes))
	for i := range records {
		n := s.laneNumber(records[i].InfoHash)
		places[n] = append(places[n], i)
	}
	errs := make([]error, len(s.lanes))
	var lanes sync.WaitGroup
	for n, places := range places {
		if len(places) > 0 {
			lanes.Go(func() { errs[n] = s.eachOfLane(ctx, s.lanes[n], does, records, places, done) })
		}
	}
	lanes.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// eachOfLane does it with the records at some places, all of one lane. A pipeline's worth of ops is
// under way at a time, so that announces find their turn.
func (s *Store) eachOfLane(
	ctx context.Context, l *lane, does deed, records []swarm.Record, places []int, done func(*batch),
) (failed error) {
	slices.SortStableFunc(places, func(a, b int) int {
		return bytes.Compare(records[a].InfoHash[:], records[b].InfoHash[:])
	})
	var underWay []*op
	for len(places) > 0 && ctx.Err() == nil {
		n := 1
		for n < min(len(places), batchSize) && records[places[n]].InfoHash == records[places[0]].InfoHash {
			n++
		}
		o := s.newBatch(does, records, places[:n])
		places = places[n:]
		var err error = swarm.RefusedError{Reason: swarm.Busy}
		if len(underWay) < batchSize {
			err = l.push(o)
		}
		if err != nil && len(underWay) > 0 {
			failed = cmp.Or(s.awaitBatches(ctx, underWay, done), failed)
			underWay = underWay[:0]
			err = l.push(o) // into the room that its own ops left
		}
		if err != nil {
			s.ops.Put(o)
			failed = err
			continue
		}
		underWay = append(underWay, o)
	}
	failed = cmp.Or(s.awaitBatches(ctx, underWay, done), failed)
	if len(places) > 0 {
		return unavailable(ctx.Err())
	}
	return failed
}

// awaitBatches waits for ops, and calls done with what was done.
func (s *Store) awaitBatches(ctx context.Context, ops []*op, done func(*batch)) (failed error) {
	for _, o := range ops {
		if err := s.wait(ctx, o); err != nil {
			failed = err
			continue
		}
		if err := failure(o.err); err != nil {
			failed = err
		} else {
			done(&o.batch)
		}
		s.ops.Put(o)
	}
	return failed
}

// newBatch returns an op on the records at some places, which are of one swarm.
func (s *Store) newBatch(does deed, records []swarm.Record, places []int) *op {
	o := s.newOp()
	first := &records[places[0]]
	o.announce = swarm.Announce{InfoHash: first.InfoHash, Peer: swarm.WebRTCPeer(first.Peer)}
	o.scrape = false
	o.batch.does, o.batch.places = does, places
	for _, place := range places {
		o.batch.records = append(o.batch.records, records[place])
	}
	return o
}
