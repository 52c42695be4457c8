package redisstore

import (
	"context"
	"errors"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// tryEvery is how often a lane asks whether Redis is back.
const tryEvery = 50 * time.Millisecond

// errAway is why a lane refuses.
var errAway = errors.New("redis did not answer a moment ago")

// awaitRedis returns when the Redis that has the lane's swarms, of which h is one, answers again, or when ctx
// is done. Until then the lane refuses: nobody waits for what just failed, and a node of a Cluster that is
// away does not hold up the swarms of others in the batches that they share.
func (l *lane) awaitRedis(ctx context.Context, h bittorrent.InfoHash) {
	l.mu.Lock()
	l.away = true
	refused := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, o := range refused {
		o.err = unavailable(errAway)
		l.store.finish(o)
	}
	for !l.answered(ctx, h) {
		select {
		case <-time.After(tryEvery):
		case <-ctx.Done():
			return
		}
	}
	l.mu.Lock()
	l.away = false
	l.mu.Unlock()
}

// answered asks for something of h, and reports whether there was an answer.
func (l *lane) answered(ctx context.Context, h bittorrent.InfoHash) bool {
	ctx, cancel := context.WithTimeout(ctx, l.store.opts.Deadline)
	defer cancel()
	pipe := l.store.conn.Pipeline() // as announces are asked for
	exists := pipe.Exists(ctx, l.store.conn.Facts(h))
	_, _ = pipe.Exec(ctx)
	return !cutOff(exists.Err())
}
