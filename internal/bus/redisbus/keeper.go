package redisbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/outage"
)

// giveUpAfter is how long who subscribes waits for a connection that was lost, or never was. After that they
// are told at once that there is none.
const giveUpAfter = time.Second

// openTimeout is what a server that is well never needs for a new connection.
const openTimeout = time.Second

// maxMissed is how many probes in a row may be missing.
const maxMissed = 3

var (
	errDeaf    = errors.New("the connection no longer brings what is published")
	errStopped = errors.New("the bus has stopped")
)

// run keeps the partition's connection, once it is needed, until ctx is done.
func (p *partition) run(ctx context.Context) {
	select {
	case <-p.needed:
	case <-ctx.Done():
	}
	failures, opened, since := 0, false, time.Now()
	for ctx.Err() == nil {
		began, err := p.hear(ctx, opened)
		p.end()
		if ctx.Err() != nil {
			break
		}
		opened = opened || began
		if failures++; began {
			failures, since = 0, time.Now()
		} else if time.Since(since) >= giveUpAfter {
			p.fail(errAway)
		}
		p.bus.note.away(p, err)
		if cluster, ok := p.bus.conn.UniversalClient.(*redis.ClusterClient); ok {
			cluster.ReloadState(ctx) // another node may have the partition by now
		}
		select {
		case <-time.After(outage.Pause(failures)):
		case <-ctx.Done():
		}
	}
	p.fail(errStopped)
}

// hear opens a connection and keeps it until it is lost or ctx is done. It reports whether Redis confirmed
// anything on it.
//
// What the client would do about a connection that is lost, to send all channels again in one command, is
// not what Redis can bear, so whatever is done after the first command has a context that allows no new
// connection: a new one is a new PubSub.
func (p *partition) hear(ctx context.Context, again bool) (began bool, err error) {
	l := &listener{p: p, began: make(chan struct{}), lost: make(chan error, 1)}
	l.same, l.leave = context.WithCancel(ctx)
	l.leave()
	l.pubsub = p.bus.conn.SSubscribe(ctx) // does not connect
	opening, cancel := context.WithTimeout(ctx, openTimeout)
	err = l.pubsub.SSubscribe(opening, p.probe)
	cancel()
	var reading sync.WaitGroup
	defer reading.Wait()
	defer l.pubsub.Close() //nolint:errcheck // it is lost, or not needed any more
	if err != nil {
		return false, err
	}
	reading.Go(func() { l.lost <- l.read() })
	select {
	case <-l.began:
	case err = <-l.lost:
		return false, err
	case <-time.After(openTimeout):
		return false, errDeaf
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if again {
		p.bus.metrics.reconnects.Inc()
	}
	p.begin()
	return true, l.keep(ctx)
}

// A listener is one connection of a partition.
type listener struct {
	p      *partition
	pubsub *redis.PubSub
	same   context.Context    //nolint:containedctx // it is done from the start
	leave  context.CancelFunc // of same
	began  chan struct{}      // closed when Redis has confirmed the channel of probes
	lost   chan error
	heard  atomic.Bool // a probe came since this was last asked

	missed int // probes in a row; the keeper's
}

// keep tells Redis what changes, and probes whether it is still heard.
func (l *listener) keep(ctx context.Context) error {
	l.probe(ctx)
	tick := time.NewTicker(l.p.bus.opts.ProbeEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.p.woken:
			if err := l.tell(); err != nil {
				return err
			}
		case <-tick.C:
			if l.deaf() {
				return errDeaf
			}
			l.probe(ctx)
		case err := <-l.lost:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// tell sends the next round.
func (l *listener) tell() error {
	on, off, settled := l.p.next()
	if settled {
		l.p.bus.note.back(l.p)
	}
	if len(on) > 0 {
		if err := l.pubsub.SSubscribe(l.same, on...); err != nil {
			return fmt.Errorf("ssubscribe: %w", err)
		}
	}
	if len(off) > 0 {
		if err := l.pubsub.SUnsubscribe(l.same, off...); err != nil {
			return fmt.Errorf("sunsubscribe: %w", err)
		}
	}
	return nil
}

// probe publishes on the partition's own channel. What becomes of it the reader sees, or does not.
func (l *listener) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, l.p.bus.opts.Deadline)
	defer cancel()
	_ = l.p.bus.conn.Process(ctx, spublish(ctx, l.p.probe, nil))
}

// deaf reports whether so many probes are missing that the connection is of no use.
func (l *listener) deaf() bool {
	if l.missed++; l.heard.Swap(false) {
		l.missed = 0
	}
	return l.missed >= maxMissed
}
