package redisstore

import (
	"log/slog"
	"sync"
	"time"
)

// complainEvery is how often the log is told that Redis refuses announces, which may be thousands a second.
const complainEvery = time.Minute

// A complaint tells the log what Redis has against announces.
type complaint struct {
	mu     sync.Mutex // guards what follows
	told   time.Time
	untold int
}

// tell logs an error, such as that Redis' memory is full, and how many it left out since the last time. That
// Redis does not answer is seen, and told, by whoever watches it.
func (c *complaint) tell(log *slog.Logger, err error) {
	if err == nil || refusal(err) || cutOff(err) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.told.IsZero() || now.Sub(c.told) >= complainEvery {
		log.Error("redis refuses announces", slog.String("err", err.Error()), slog.Int("suppressed", c.untold))
		c.told, c.untold = now, 0
		return
	}
	c.untold++
}
