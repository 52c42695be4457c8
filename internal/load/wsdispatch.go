package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// join announces every socket once, without offers, and wants a reply to each.
func (c *crowd) join(ctx context.Context) error {
	c.free = make(chan struct{}, min(c.opts.Window, len(c.browsers)))
	c.refill()
	err := c.supervised(ctx, Progress{Warming: true, Of: len(c.browsers)}, func(ctx context.Context) error {
		for _, b := range c.browsers {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-c.free:
				b.announce(&c.dispatch, announceFirst)
			}
		}
		return nil
	})
	t := c.tally.snapshot()
	if err == nil && t.replies < uint64(len(c.browsers)) {
		err = fmt.Errorf("%d of %d sockets got a reply", t.replies, len(c.browsers))
	}
	if err == nil {
		c.free = make(chan struct{}, c.window())
		c.refill()
		return nil
	}
	if len(t.errors) > 0 {
		return fmt.Errorf("announcing the sockets: %w; errors so far: %v", err, t.errors)
	}
	return fmt.Errorf("announcing the sockets: %w", err)
}

// window is how many announces with offers may be under way: with an interval as many as come.
func (c *crowd) window() int {
	if c.opts.Interval > 0 {
		return len(c.announcers)
	}
	return min(c.opts.Window, len(c.announcers))
}

// warm announces with offers and forgets what came of it.
func (c *crowd) warm(ctx context.Context) error {
	if c.opts.Warmup == 0 {
		return nil
	}
	_, err := c.announceFor(ctx, c.opts.Warmup, false)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

// errAllClosed says that no socket is left to announce on.
var errAllClosed = errors.New("the tracker closed all sockets")

// announceFor announces for a time, or until ctx is done, waits for what is under way then, and leaves in
// the tally what was counted. It returns how long it announced.
func (c *crowd) announceFor(ctx context.Context, length time.Duration, count bool) (took time.Duration, err error) {
	c.tally.reset()
	began := time.Now()
	p := Progress{Warming: !count}
	ending, cancel := context.WithDeadline(ctx, began.Add(length))
	defer cancel()
	err = c.supervised(ending, p, func(ctx context.Context) error {
		defer func() { took = time.Since(began) }()
		return c.announceUntil(ctx, began)
	})
	if t := c.tally.snapshot(); errors.Is(err, errAllClosed) && len(t.errors) > 0 {
		err = fmt.Errorf("%w: %v", err, t.errors)
	}
	return took, err
}

// announceUntil announces one socket after another until ctx is done: whenever an announce ended or, with
// an interval, each socket once in that, all of them spread over it. Sockets that were closed leave places
// that nobody can take; when they are all, so are the sockets.
func (c *crowd) announceUntil(ctx context.Context, began time.Time) error {
	untaken := 0
	defer func() {
		for range untaken {
			c.free <- struct{}{}
		}
	}()
	pace := time.NewTimer(0)
	defer pace.Stop()
	step := float64(c.opts.Interval) / float64(len(c.announcers))
	for n := 0; untaken < cap(c.free); n++ {
		if c.opts.Interval > 0 {
			pace.Reset(time.Until(began.Add(time.Duration(float64(n) * step))))
			select {
			case <-ctx.Done():
				return nil
			case <-pace.C:
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.free:
		}
		if ended(ctx) { // which a busy machine may tell late
			c.free <- struct{}{}
			return nil
		}
		if !c.announceNext() {
			untaken++
		}
	}
	return errAllClosed
}

// announceNext announces the next socket that has none under way, and reports whether there was one.
func (c *crowd) announceNext() bool {
	for range c.announcers {
		b := c.announcers[c.turn]
		if c.turn++; c.turn == len(c.announcers) {
			c.turn = 0
		}
		if b.idle() {
			b.announce(&c.dispatch, announceOffers)
			return true
		}
	}
	return false
}

// supervised runs f, gives up meanwhile what takes too long, and returns when nothing is under way any
// more.
func (c *crowd) supervised(ctx context.Context, p Progress, f func(context.Context) error) error {
	ended, end := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{}, 2)
	go func() {
		c.sweep(ended)
		done <- struct{}{}
	}()
	go func() {
		c.tell(ended, ctx, p)
		done <- struct{}{}
	}()
	err := f(ctx)
	for range cap(c.free) {
		<-c.free // the sweep gives all of them back in time
	}
	c.refill()
	end()
	<-done
	<-done
	return err
}

func (c *crowd) refill() {
	for range cap(c.free) {
		c.free <- struct{}{}
	}
}

// tell calls Options.Progress once a second until ctx is done. What it tells of ends with the other one.
func (c *crowd) tell(ctx, of context.Context, p Progress) {
	if c.opts.Progress == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		t := c.tally.snapshot()
		p.Done, p.Problems = int(t.replies), int(t.problems())
		if end, ok := of.Deadline(); ok {
			p.Left = max(time.Until(end), 0)
		}
		c.opts.Progress(p)
	}
}
