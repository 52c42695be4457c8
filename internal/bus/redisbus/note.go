package redisbus

import (
	"log/slog"
	"sync"
	"time"

	"github.com/starling-tracker/starling/internal/outage"
)

// A note tells the log when signals do not arrive, and when all do again, however many partitions it is of.
type note struct {
	log *slog.Logger

	mu      sync.Mutex // guards what follows
	lost    map[*partition]bool
	deaf    outage.Outage
	refused outage.Outage
}

// away records that p does not hear, for the reason err.
func (n *note) away(p *partition, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.lost == nil {
		n.lost = map[*partition]bool{}
	}
	n.lost[p] = true
	if n.deaf.Lasts(time.Now(), err.Error()) {
		n.log.Warn("signals of other replicas do not arrive", slog.Any("err", err))
	}
}

// back records that p hears all.
func (n *note) back(p *partition) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.lost, p)
	if len(n.lost) > 0 {
		return
	}
	if lasted, was := n.deaf.Ends(time.Now()); was {
		n.log.Info("signals of other replicas arrive again", slog.Duration("duration", lasted))
	}
}

// sent records how a pipeline ended that Redis answered: with err when it refused any of the signals.
func (n *note) sent(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		n.refused.Ends(time.Now())
	} else if n.refused.Lasts(time.Now(), err.Error()) {
		n.log.Warn("redis refuses signals", slog.Any("err", err))
	}
}
