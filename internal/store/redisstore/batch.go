package redisstore

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A deed is what is done with records of browsers.
type deed uint8

const (
	nothing deed = iota
	renewing
	releasing
	examining
)

// A batch is the part of an op that is about records: some of one swarm, and what is done with them.
type batch struct {
	does    deed           // nothing in an announce or a scrape
	records []swarm.Record // copies, since who asked may leave; those that are renewed get their versions
	places  []int          // of the records in the call; who asked keeps it
	held    []swarm.Holding

	// What is read of its replies. They are the lane's.
	added   *redis.IntCmd
	removed []*redis.IntCmd
	scores  *redis.FloatSliceCmd
}

func (b *batch) reset() {
	*b = batch{records: b.records[:0], held: b.held[:0], removed: b.removed[:0]}
}

// askBatch puts the commands for the records of o into the pipeline.
func (s *Store) askBatch(c *call, o *op, h *poolHint) {
	b, key := &o.batch, s.key(swarm.WebRTC, o)
	switch b.does {
	case renewing:
		s.purge(c, swarm.WebRTC, key, h)
		args := append(make([]any, 0, 2+2*len(b.records)), "zadd", key)
		for i := range b.records {
			r := &b.records[i]
			r.Version = s.versions.next(c.now, s.opts.Lease, r.Seeder)
			args = append(args, int64(r.Version), string(r.Peer[:]))
		}
		b.added = c.int(args...)
		if since(h.kept, c.now) >= keepAgain {
			s.keep(c, key)
			h.kept = uint32(c.now)
		}
	case releasing:
		for _, r := range b.records {
			b.removed = append(b.removed, c.removeVersion(key, r.Version))
		}
	case examining:
		args := append(make([]any, 0, 2+len(b.records)), "zmscore", key)
		for _, r := range b.records {
			args = append(args, string(r.Peer[:]))
		}
		b.scores = redis.NewFloatSliceCmd(c.ctx, args...)
		c.add(b.scores)
	}
}

// answer reads the replies to the commands of askBatch.
func (b *batch) answer(now second) (dues, error) {
	switch b.does {
	case renewing:
		added, err := b.added.Result()
		return dues{keep: added > 0}, err // the key may be new, although another one was remembered
	case releasing:
		for _, cmd := range b.removed {
			if err := cmd.Err(); err != nil {
				return dues{}, err
			}
		}
	case examining:
		scores, err := b.scores.Result()
		if err != nil {
			return dues{}, err
		}
		if len(scores) != len(b.records) {
			return dues{}, fmt.Errorf("%d scores of %d records", len(scores), len(b.records))
		}
		for i, score := range scores {
			b.held = append(b.held, holding(&b.records[i], swarm.Version(int64(score)), now))
		}
	}
	return dues{}, nil
}

// holding returns how r stands when there is the version there; zero is none.
func holding(r *swarm.Record, there swarm.Version, now second) swarm.Holding {
	switch {
	case expiryOf(swarm.WebRTC, int64(there)) <= now:
		return swarm.Gone
	case there == r.Version:
		return swarm.Held
	default:
		return swarm.Taken
	}
}
