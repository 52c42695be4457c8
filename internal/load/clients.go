package load

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// A client sends requests to one target. It is used by one goroutine at a time.
type client interface {
	// run asks for what next returns until there is no more, and has an answer to each or gives up.
	// When keep is set, what got no answer is asked again until there is one. It ends, with what was
	// asked meanwhile unanswered and not counted as lost, when ctx is done.
	run(ctx context.Context, t *tally, next func() (request, bool), keep bool) error
	close()
}

// A request is an announce of a member, or a scrape of its swarm.
type request struct {
	member
	scrape bool
}

// clients are all of a load.
type clients struct {
	opts   Options
	pop    *population
	all    []client
	counts []*tally
}

// dial makes the clients, which take turns among the targets and the sources.
func dial(ctx context.Context, opts Options, targets []*url.URL, pop *population) (_ *clients, err error) {
	c := &clients{opts: opts, pop: pop}
	for i := range opts.Clients {
		var one client
		target, source := targets[i%len(targets)], sourceOf(c.opts.Sources, i)
		if target.Scheme == "udp" {
			one, err = dialUDP(ctx, opts, target, source, pop)
		} else {
			one, err = newHTTP(ctx, opts, target, source, pop)
		}
		if err != nil {
			c.close()
			return nil, err
		}
		c.all = append(c.all, one)
	}
	return c, nil
}

// sourceOf returns the address that client i announces from, or none when the system chooses.
func sourceOf(sources []netip.Addr, i int) (addr netip.Addr) {
	if n := len(sources); n > 0 {
		addr = sources[i%n]
	}
	return addr
}

func (c *clients) close() {
	for _, one := range c.all {
		one.close()
	}
}

// warm announces every member once, shared out among the clients of its source.
func (c *clients) warm(ctx context.Context) error {
	of := 0
	for s := range min(c.pop.sources, len(c.all)) {
		of += c.pop.size(s)
	}
	err := c.each(ctx, Progress{Warming: true, Of: of}, func(ctx context.Context, i int, t *tally) error {
		source, step := i%c.pop.sources, (len(c.all)-i%c.pop.sources+c.pop.sources-1)/c.pop.sources
		n := i / c.pop.sources
		next := func() (request, bool) {
			if n >= c.pop.size(source) {
				return request{}, false
			}
			r := request{member: c.pop.nth(source, n)}
			n += step
			return r, true
		}
		return c.all[i].run(ctx, t, next, true)
	})
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		return nil
	}
	if total := c.tally(); len(total.errors) > 0 {
		return fmt.Errorf("announcing the peers: %w; errors so far: %v", err, total.errors)
	}
	return fmt.Errorf("announcing the peers: %w", err)
}

// count asks for what chance chooses until the end, or until ctx is done.
func (c *clients) count(ctx context.Context, end time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	return c.each(ctx, Progress{}, func(ctx context.Context, i int, t *tally) error {
		rng, source := newRand(c.opts.Seed, uint64(i)+1), i%c.pop.sources
		next := func() (request, bool) {
			scrape := c.opts.Scrapes > 0 && rng.Float64() < c.opts.Scrapes
			return request{c.pop.pick(rng, source), scrape}, true
		}
		return c.all[i].run(ctx, t, next, false)
	})
}

// each runs f for all clients side by side, each with a new tally, and tells the progress.
func (c *clients) each(ctx context.Context, p Progress, f func(ctx context.Context, i int, t *tally) error) error {
	c.counts = make([]*tally, len(c.all))
	for i := range c.counts {
		c.counts[i] = new(tally)
	}
	g, running := errgroup.WithContext(ctx)
	ended, end := context.WithCancel(ctx)
	defer end()
	for i := range c.all {
		g.Go(func() error { return f(running, i, c.counts[i]) })
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		c.tell(ended, p)
	}()
	err := g.Wait()
	end()
	<-told
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// tell calls Options.Progress once a second until ctx is done.
func (c *clients) tell(ctx context.Context, p Progress) {
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
		p.Done, p.Problems = 0, 0
		for _, t := range c.counts {
			p.Done += int(t.done.Load())
			p.Problems += int(t.problems.Load())
		}
		if end, ok := ctx.Deadline(); ok {
			p.Left = time.Until(end)
		}
		c.opts.Progress(p)
	}
}

// tally sums what the clients counted last.
func (c *clients) tally() *tally {
	sum := new(tally)
	for _, t := range c.counts {
		sum.merge(t)
	}
	return sum
}
