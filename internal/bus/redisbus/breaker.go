package redisbus

import (
	"context"
	"time"
)

// tryEvery is how often a lane asks whether Redis is back.
const tryEvery = 50 * time.Millisecond

// awaitRedis returns when the node that has p answers again, or when ctx is done. Until then all signals of the
// lane are dropped: nobody waits for what just failed.
func (l *lane) awaitRedis(ctx context.Context, p *partition) {
	l.setAway(true)
	for !l.answered(ctx, p) {
		select {
		case <-time.After(tryEvery):
		case <-ctx.Done():
			return
		}
	}
	l.setAway(false)
}

func (l *lane) setAway(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
	if away {
		l.bus.metrics.dropped[dropAway].Add(float64(len(l.waiting.messages)))
		l.waiting = queue{l.waiting.text[:0], l.waiting.messages[:0]}
	}
}

// answered sends a probe of p, and reports whether there was an answer.
func (l *lane) answered(ctx context.Context, p *partition) bool {
	ctx, cancel := context.WithTimeout(ctx, l.bus.opts.Deadline)
	defer cancel()
	pipe := l.bus.conn.Pipeline() // as signals are sent
	probe := spublish(ctx, p.probe, nil)
	_ = pipe.Process(ctx, probe)
	_, _ = pipe.Exec(ctx)
	return !cutOff(probe.Err())
}
