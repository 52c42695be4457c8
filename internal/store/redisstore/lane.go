package redisstore

import (
	"context"
	"slices"
	"sync"
	"time"
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
	woken chan struct{} // has a value when the queue may have an op
	due   []due         // the lane's own, with no need of mu
	taken []*op         // likewise
}

func newLane(s *Store) *lane {
	return &lane{
		store:    s,
		hints:    newHints(s.opts.Hints / len(s.lanes)),
		commands: commands{fresh: s.conn.IsCluster()},
		woken:    make(chan struct{}, 1),
	}
}

// push queues an op, and reports whether there was room.
func (l *lane) push(o *op) bool {
	l.mu.Lock()
	if len(l.queue) >= l.store.opts.Queue {
		l.mu.Unlock()
		return false
	}
	l.queue = append(l.queue, o)
	l.mu.Unlock()
	select {
	case l.woken <- struct{}{}:
	default:
	}
	return true
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
			if !l.carry(carrying, ops) {
				l.pause(ctx)
			}
			continue
		}
		select {
		case <-l.woken:
		case <-l.unpaid():
			l.carry(carrying, nil)
		case <-ctx.Done():
			if ops = l.take(); len(ops) == 0 {
				if len(l.due) > 0 {
					l.carry(carrying, nil)
				}
				return
			}
			l.carry(carrying, ops)
		}
	}
}

// dueWait is how long what is due, and does not press, waits for an announce to ride with.
const dueWait = time.Second

// unpaid returns a channel that gets a value when what is due has waited long enough.
func (l *lane) unpaid() <-chan time.Time {
	if len(l.due) == 0 {
		return nil
	}
	return time.After(dueWait)
}

// awayPause is how long a lane waits after a pipeline that did not reach Redis: connections that are refused
// fail at once, and without it each announce would try one of its own.
const awayPause = 20 * time.Millisecond

// pause lets the queue fill, unless the end has come.
func (l *lane) pause(ctx context.Context) {
	select {
	case <-time.After(awayPause):
	case <-ctx.Done():
	}
}

// carry sends one pipeline and answers its ops. It reports whether Redis was reached.
func (l *lane) carry(ctx context.Context, ops []*op) (reached bool) {
	s := l.store
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	now := secondOf(s.opts.Now())
	l.commands.begin(ctx)
	c := &call{commands: &l.commands, now: now, live: newLiveRanges(now)}
	for _, d := range l.due {
		s.pay(c, d)
	}
	l.due = l.due[:0] // whatever becomes of them: once more might be once too often
	ops = slices.DeleteFunc(ops, s.forgotten)
	for _, o := range ops {
		o.hint = l.hints.of(o.announce.InfoHash)
		s.ask(c, o, o.hint)
	}
	began := time.Now()
	pipe := s.conn.Pipeline()
	_ = pipe.BatchProcess(ctx, l.commands.all...) // a pipeline only collects
	_, _ = pipe.Exec(ctx)                         // each command has its own error
	s.askAgain(ctx, ops)
	s.metrics.pipeline(len(ops), time.Since(began))
	var failed error // the last of them: they mostly have one cause
	for _, o := range ops {
		if d := s.answer(c, o, o.hint, &l.found); d != (dues{}) {
			l.due = append(l.due, due{d, o.announce.InfoHash, o.announce.Peer})
		}
		if o.err != nil {
			*o.hint = hint{} // nothing is known of what came to be
			failed = o.err
		}
		s.finish(o)
	}
	s.tell(failed)
	return !cutOff(failed)
}
