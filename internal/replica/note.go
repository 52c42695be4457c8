package replica

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// note records what a probe returned, and logs what changed.
func (r *Replica) note(err error) {
	k := &r.keeping
	r.setUp(err == nil)
	if err == nil {
		if lasted, was := k.away.Ends(time.Now()); was {
			r.log.Info("redis is back", slog.Duration("duration", lasted))
		}
		return
	}
	k.checked, k.beaten, k.synced = false, time.Time{}, time.Time{} // it may be another server that comes back
	k.failed++
	switch {
	case !k.away.Lasts(time.Now(), err.Error()):
	case redis.IsAuthError(err) || redis.IsPermissionError(err):
		r.log.Warn("redis refuses the user or password in redis.url", slog.Any("err", err))
	default:
		r.log.Warn("redis is away", slog.Any("err", err))
	}
}

func (r *Replica) setUp(up bool) {
	r.up.Store(up)
	value := 0.0
	if up {
		value = 1
	}
	r.metrics.up.Set(value)
}

// noteKept records whether what was due could be done, and otherwise makes all of it due again.
func (r *Replica) noteKept(err error) {
	k := &r.keeping
	r.refuses.Store(refused(err))
	if err == nil {
		k.broken.Ends(time.Now())
		return
	}
	k.beaten = time.Time{}
	k.failed++
	if k.broken.Lasts(time.Now(), err.Error()) {
		r.log.Warn("what replicas share could not be kept in redis", slog.Any("err", err))
	}
}

// refused reports whether Redis answered, and did not do what was asked. That a part of a Cluster is away is
// no refusal: the others serve.
func refused(err error) bool {
	_, answer := errors.AsType[redis.Error](err)
	return answer && !redis.HasErrorPrefix(err, "CLUSTERDOWN")
}

// sync reads Redis' clock.
func (r *Replica) sync(ctx context.Context) error {
	skew, err := r.conn.Sync(ctx)
	if err != nil {
		return err
	}
	r.metrics.skew.Set(skew.Seconds())
	if skew.Abs() <= maxSkew {
		r.keeping.skewed.Ends(time.Now())
	} else if r.keeping.skewed.Lasts(time.Now(), "") {
		r.log.Warn("this machine's clock differs from redis'", slog.Duration("skew", skew))
	}
	return nil
}
