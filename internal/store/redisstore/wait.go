package redisstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

func (s *Store) newOp() *op {
	o, _ := s.ops.Get().(*op)
	o.reset()
	return o
}

// do sends o through its lane and waits for it.
func (s *Store) do(ctx context.Context, o *op) error {
	if !s.laneOf(o.announce.InfoHash).push(o) {
		s.ops.Put(o)
		return swarm.RefusedError{Reason: swarm.Busy}
	}
	return s.wait(ctx, o)
}

// wait returns nil when the lane is done with o, or an error when ctx is done before, and leaves o to
// the lane.
func (s *Store) wait(ctx context.Context, o *op) error {
	select {
	case <-o.done:
		return nil
	case <-ctx.Done():
	}
	if o.state.CompareAndSwap(waited, abandoned) {
		return unavailable(ctx.Err())
	}
	<-o.done // it was just finished
	return nil
}

// finish hands o to who waits for it, or keeps it when nobody does any more.
func (s *Store) finish(o *op) {
	if o.state.CompareAndSwap(waited, finished) {
		o.done <- struct{}{}
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
	if _, refused := errors.AsType[swarm.RefusedError](err); err == nil || refused {
		return err
	}
	return unavailable(err)
}

func unavailable(cause error) error {
	return fmt.Errorf("%w: %w", swarm.RefusedError{Reason: swarm.Unavailable}, cause)
}

// tell logs what Redis has against an announce, such as that its memory is full. That it does not answer
// is seen, and told, by whoever watches it.
func (s *Store) tell(err error) {
	if e, ok := errors.AsType[redis.Error](err); ok {
		s.log.Error("redis refuses announces", slog.String("err", e.Error()))
	}
}
