package replica

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/outage"
	"github.com/starling-tracker/starling/internal/redisconn"
)

const (
	probeEvery     = time.Second            // while Redis is there
	probeAwayEvery = 500 * time.Millisecond // while it is not
	beatEvery      = 5 * time.Second
	syncEvery      = 10 * time.Second
	stepTimeout    = time.Second
	maxSkew        = 5 * time.Second // that needs no attention
)

// keeping is the state of Run.
type keeping struct {
	started time.Time // by Redis' clock; zero before the first heartbeat
	joined  bool
	checked bool      // that this Redis is new enough
	beaten  time.Time // zero when the next heartbeat is due
	synced  time.Time
	failed  int           // attempts at the first contact
	away    outage.Outage // Redis is not there, or does not let us in
	broken  outage.Outage // Redis lets us in, and heartbeats fail
	skewed  outage.Outage
}

// Run keeps this replica among the others until ctx is done, takes it from the list, and returns nil. It
// goes on while Redis is away. [redisconn.ErrVersion], [redisconn.ErrMode] and [ErrLayout] are what
// waiting does not help against: it returns them whenever it meets them.
func (r *Replica) Run(ctx context.Context) error {
	defer r.leave(ctx)
	defer r.setUp(false)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if err := r.turn(ctx); err != nil {
			return err
		}
		timer.Reset(r.pause())
	}
}

// turn asks whether Redis is there and does what is due. It returns the errors that Run does.
func (r *Replica) turn(ctx context.Context) error {
	lost, err := r.probe(ctx)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the end is no failure of Redis
	}
	if _, answer := errors.AsType[redis.Error](err); answer { // perhaps of what is no Redis of the kind that it should be
		if wrong := step(ctx, r.conn.Check); permanent(wrong) {
			return wrong
		}
	}
	if r.note(err); !r.up.Load() {
		return nil
	}
	if lost {
		r.keeping.beaten = time.Time{}
	}
	err = r.keep(ctx)
	if permanent(err) {
		return err
	}
	if ctx.Err() == nil {
		r.noteKept(err)
	}
	return nil
}

// permanent reports whether waiting does not help against err.
func permanent(err error) bool {
	return errors.Is(err, redisconn.ErrVersion) || errors.Is(err, redisconn.ErrMode) || errors.Is(err, ErrLayout)
}

// keep does what is due: the clock first, by which the rest goes, and this replica's name last, which
// says that it has agreed to all else.
func (r *Replica) keep(ctx context.Context) error {
	k := &r.keeping
	if !k.checked {
		if err := step(ctx, r.conn.Check); err != nil {
			return err
		}
		k.checked = true
	}
	if time.Since(k.synced) >= syncEvery {
		if err := step(ctx, r.sync); err != nil {
			return err
		}
		k.synced = time.Now()
	}
	if time.Since(k.beaten) < beatEvery {
		return nil
	}
	began := time.Now()
	if err := r.beat(ctx); err != nil {
		return err
	}
	k.beaten = began
	return nil
}

// beat is a heartbeat: it makes sure that all that is shared is there. To have joined is to have agreed with
// the others; that they are told of this replica is not needed for it, and fails where Redis is full.
func (r *Replica) beat(ctx context.Context) error {
	for _, do := range []func(context.Context) error{r.join, r.refreshSecrets} {
		if err := step(ctx, do); err != nil {
			return err
		}
	}
	if k := &r.keeping; !k.joined {
		k.joined = true
		close(r.joined)
		r.log.Info("joined the replicas")
	}
	return step(ctx, r.register)
}

// step does something that takes a round trip or two, with a bound for a Cluster, which is asked again.
func step(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return do(ctx)
}

// pause returns how long to wait for the next turn. Replicas that all wait for the first contact do not
// ask at the same moment.
func (r *Replica) pause() time.Duration {
	switch {
	case !r.keeping.joined:
		return outage.Pause(r.keeping.failed)
	case r.up.Load():
		return probeEvery
	default:
		return probeAwayEvery
	}
}
