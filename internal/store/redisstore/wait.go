package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

func (s *Store) newOp() *op {
	o, _ := s.ops.Get().(*op)
	o.reset()
	o.group = &o.own
	o.own.left.Store(2) // it, and who sends it
	return o
}

// do sends o through its lane and waits for it.
func (s *Store) do(ctx context.Context, o *op) error {
	if err := s.laneOf(o.announce.InfoHash).push(o); err != nil {
		s.ops.Put(o)
		return err
	}
	return s.wait(ctx, o)
}

// wait waits for an op that is in no group, and returns an error when ctx is done before: see outcome.
func (s *Store) wait(ctx context.Context, o *op) error {
	return s.outcome(ctx, o, o.own.wait(ctx))
}

// A group is ops that somebody waits for together, and is woken once for.
type group struct {
	ops  []*op         // in the order in which they were sent
	left atomic.Int32  // of ops, those that the lanes are not done with, and one for who still sends
	done chan struct{} // gets a value with the last one
}

func newGroup() group { return group{done: make(chan struct{}, 1)} }

// begin forgets the last ops.
func (g *group) begin() {
	clear(g.ops)
	g.ops = g.ops[:0]
	g.left.Store(1)
}

// finished counts one.
func (g *group) finished() {
	if g.left.Add(-1) == 0 {
		g.done <- struct{}{}
	}
}

// join sends o through its lane, as one of a group.
func (s *Store) join(g *group, o *op) {
	o.group = g
	g.left.Add(1)
	if err := s.laneOf(o.announce.InfoHash).push(o); err != nil {
		o.err = err
		o.state.Store(finished)
		g.left.Add(-1) // who sends is still among them, so it is not the last
	}
	g.ops = append(g.ops, o)
}

// wait returns when the lanes are done with all ops of g, or, with false, when ctx is done before. Then
// g must not be used again, since lanes still may.
func (g *group) wait(ctx context.Context) (inTime bool) {
	g.finished()
	select {
	case <-g.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// outcome returns nil when the lane is done with o, for which ctx was waited, and an error when it is not,
// and leaves o to the lane.
func (s *Store) outcome(ctx context.Context, o *op, inTime bool) error {
	switch {
	case inTime:
		return nil
	case o.state.CompareAndSwap(waited, abandoned):
		return unavailable(ctx.Err())
	case o.group == &o.own:
		<-o.own.done // the lane was just done with it, and o is not to be woken by that in its next use
	}
	return nil
}

// finish hands o to who waits for it, or keeps it when nobody does any more.
func (s *Store) finish(o *op) {
	g := o.group // o may be another's as soon as it is finished
	if o.state.CompareAndSwap(waited, finished) {
		g.finished()
		return
	}
	s.ops.Put(o)
}

// forgotten reports whether nobody waits for o any more, and keeps it then: its client was refused, and
// will say again what it said.
func (s *Store) forgotten(o *op) bool {
	if o.state.Load() != abandoned {
		return false
	}
	s.ops.Put(o)
	return true
}

// failure returns err as a frontend needs it: whatever Redis cannot do now it may do in a minute, so the
// client is told to come back.
func failure(err error) error {
	if err == nil || refusal(err) || errors.Is(err, errPanic) {
		return err
	}
	return unavailable(err)
}

func unavailable(cause error) error {
	return fmt.Errorf("%w: %w", swarm.RefusedError{Reason: swarm.Unavailable}, cause)
}

// cutOff reports whether err, if any, is that Redis did not answer.
func cutOff(err error) bool {
	_, answer := errors.AsType[redis.Error](err)
	return err != nil && !answer && !refusal(err) && !errors.Is(err, errReply)
}

// refusal reports whether err is our verdict on an announce.
func refusal(err error) bool {
	_, ok := errors.AsType[swarm.RefusedError](err)
	return ok
}
