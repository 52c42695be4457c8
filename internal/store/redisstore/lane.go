package redisstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// batchSize is how many announces a pipeline carries at most. More in one gain nothing.
const batchSize = 128

// A lane carries the announces of its share of the swarms to Redis, one pipeline at a time, so that
// what a peer says arrives in the order in which it was said. What queues up while a pipeline is under
// way is the next one, and the busier the lane the larger it gets.
type lane struct {
	store    *Store
	hints    *hints
	found    found
	commands commands

	mu    sync.Mutex // guards what follows
	queue []*op
	away  bool          // Redis did not answer the last pipeline
	woken chan struct{} // has a value when the queue may have an op
	due   []due         // the lane's own, with no need of mu, as are the next two
	paid  []due         // of those, what rides in the pipeline
	taken []*op
	open  []*op // of those taken, what is still to be finished
}

func newLane(s *Store) *lane {
	return &lane{
		store:    s,
		hints:    newHints(s.opts.Hints / len(s.lanes)),
		commands: newCommands(s.conn),
		woken:    make(chan struct{}, 1),
	}
}

// push queues an op, and returns a refusal when there is no room, or no use.
func (l *lane) push(o *op) error {
	l.mu.Lock()
	if l.away {
		l.mu.Unlock()
		return unavailable(errAway)
	}
	if len(l.queue) >= l.store.opts.Queue {
		l.mu.Unlock()
		return swarm.RefusedError{Reason: swarm.Busy}
	}
	l.queue = append(l.queue, o)
	l.mu.Unlock()
	select {
	case l.woken <- struct{}{}:
	default:
	}
	return nil
}

// take moves the ops of the next pipeline out of the queue.
func (l *lane) take() []*op {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.queue), batchSize)
	l.taken = append(l.taken[:0], l.queue[:n]...)
	rest := copy(l.queue, l.queue[n:])
	clear(l.queue[rest:])
	l.queue = l.queue[:rest]
	return l.taken
}

// run carries ops until ctx is done, and then those that are queued.
func (l *lane) run(ctx context.Context) {
	carrying := context.WithoutCancel(ctx) // what was queued is answered, whatever ends meanwhile
	for {
		ops := l.take()
		if len(ops) > 0 || slices.ContainsFunc(l.due, due.pressing) {
			if asked, reached := l.carry(carrying, ops); !reached {
				l.awaitRedis(ctx, asked)
			}
			continue
		}
		select {
		case <-l.woken:
		case <-l.unpaid():
			_, _ = l.carry(carrying, nil)
		case <-ctx.Done():
			if ops = l.take(); len(ops) == 0 {
				if len(l.due) > 0 {
					_, _ = l.carry(carrying, nil)
				}
				return
			}
			_, _ = l.carry(carrying, ops)
		}
	}
}

// failure returns an error of Redis to any of the commands of the pipeline, also those whose replies nobody
// reads.
func (l *lane) failure() error {
	for _, cmd := range l.commands.all {
		if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) && !cutOff(err) {
			return err
		}
	}
	return nil
}

// carry sends one pipeline and answers its ops. It reports whether Redis was reached, and a swarm that it was
// asked for. A panic costs these ops and what was due with them, and nobody else.
func (l *lane) carry(ctx context.Context, ops []*op) (asked bittorrent.InfoHash, reached bool) {
	s := l.store
	l.open = ops
	defer l.recovered(&reached)
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	now := secondOf(s.opts.Now())
	l.commands.begin(ctx)
	c := &call{commands: &l.commands, now: now, live: newLiveRanges(now)}
	l.pay(c)
	ops = slices.DeleteFunc(ops, s.forgotten)
	l.open = ops
	for _, d := range l.paid {
		asked = d.hash
	}
	for _, o := range ops {
		asked = o.announce.InfoHash
		o.hint = l.hints.of(asked)
		s.ask(c, o, o.hint)
	}
	began := time.Now()
	pipe := s.conn.Pipeline()
	_ = pipe.BatchProcess(ctx, l.commands.all...) // a pipeline only collects
	_, _ = pipe.Exec(ctx)                         // each command has its own error
	s.askAgain(c, ops)
	s.metrics.pipeline(len(ops), time.Since(began))
	l.remember()
	failed := l.failure()
	for _, o := range ops {
		d := l.answer(c, o)
		if o.err != nil && !refusal(o.err) {
			failed = o.err // mostly they have one cause
			d.keep = d.keep || cutOff(o.err) && !o.scrape && !o.stopped()
		}
		l.owe(d, o)
	}
	for i, o := range ops {
		if o.err != nil && !refusal(o.err) {
			*o.hint = hint{} // nothing is known of what came to be
		}
		l.open = ops[i+1:]
		s.finish(o)
	}
	s.complaint.tell(s.log, failed)
	return asked, !cutOff(failed) && !slices.ContainsFunc(l.paid, due.cutOff)
}
