package replica

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// tagBytes are the bytes that a tag is the hexadecimal digits of.
	tagBytes = 8
	// factsLife is how long what a replica says of itself outlives its last heartbeat.
	factsLife = 30 * time.Second
	// entrySeconds is how long its tag does.
	entrySeconds = 60
	// leaveTimeout bounds what an orderly end waits for Redis.
	leaveTimeout = 500 * time.Millisecond
)

// register tells the others that this replica is there, and removes the tags of those that are not.
// Seconds far in the future are those of a clock that was wrong.
func (r *Replica) register(ctx context.Context) error {
	now := r.opts.Now()
	if r.keeping.started.IsZero() {
		r.keeping.started = now
	}
	var addrs []string
	if p := r.addrs.Load(); p != nil {
		addrs = *p
	}
	second, key := now.Unix(), r.conn.Replica(r.tag)
	pipe := r.conn.Pipeline()
	pipe.ZAdd(ctx, r.conn.Replicas(), redis.Z{Score: float64(second), Member: r.tag})
	pipe.ZRemRangeByScore(ctx, r.conn.Replicas(), "-inf", "("+strconv.FormatInt(second-entrySeconds, 10))
	pipe.ZRemRangeByScore(ctx, r.conn.Replicas(), "("+strconv.FormatInt(second+entrySeconds, 10), "+inf")
	pipe.HSet(ctx, key,
		"hostname", r.opts.Hostname, "addrs", strings.Join(addrs, ","),
		"version", r.opts.Version, "revision", r.opts.Revision, "started", r.keeping.started.Unix())
	pipe.PExpire(ctx, key, factsLife)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("%s: %w", r.conn.Replicas(), err)
	}
	return nil
}

// leave removes this replica from the list. Where Redis is away the heartbeats that are missing do it.
func (r *Replica) leave(ctx context.Context) {
	if r.keeping.started.IsZero() {
		return // it never was on the list
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	pipe := r.conn.Pipeline()
	pipe.ZRem(ctx, r.conn.Replicas(), r.tag)
	pipe.Del(ctx, r.conn.Replica(r.tag))
	_, _ = pipe.Exec(ctx)
}
