// Package tracker is the service: the one path that every announce and scrape takes, whatever
// protocol it came by and whatever keeps the swarms. It refuses to know either.
//
// A frontend translates a request into a [swarm.Announce], calls [Tracker.Announce], and
// translates the reply back. Everything that is policy lies in between, here: how many peers, when
// to come back, who is admitted.
package tracker

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Store keeps the peers of every swarm until they stop or fall silent.
//
// The write of a call is atomic. Its counts and list are read after it: they always show it, and
// may also show what others wrote meanwhile. storetest.Run holds every implementation to this.
type Store interface {
	// Announce records a.Peer, or removes it when a.Event is Stopped, and then appends to peers at
	// most a.NumWant other live members, never a.Peer itself. The counts include the announce. A
	// store that is full returns a [swarm.RefusedError] and keeps what it has. A browser's record
	// lasts for a lease only, and goes with Stopped only if a.Version wrote it: see [Leases].
	Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Result, error)
	// Scrape appends the counts of each swarm to stats, in the order asked. Unknown counts zero.
	Scrape(ctx context.Context, hashes []bittorrent.InfoHash, stats []swarm.Stats) ([]swarm.Stats, error)
}

// BatchStore is a Store that takes many announces at once, because each of them alone would wait for
// something: a network, another process.
type BatchStore interface {
	Store
	// AnnounceAll makes the calls, which come in the order in which they were made. Each has its
	// Reply.Result and its list, or an error, when it returns.
	AnnounceAll(ctx context.Context, calls []swarm.Call)
}

// Options are the tracker's policy. All of them must be set.
type Options struct {
	Interval    time.Duration // between the announces of a peer
	MinInterval time.Duration // at least; not above Interval
	// IntervalJitter spreads Interval by 10 % either way, always the same way for a peer of a swarm,
	// so that a crowd that arrived together does not return together for ever.
	IntervalJitter bool
	NumWant        int // peers for who does not say how many
	MaxNumWant     int // peers at most
}

// A Tracker answers announces and scrapes. It may be called concurrently.
type Tracker struct {
	store   Store
	batches BatchStore // nil when store is none
	opts    Options
	metrics *metrics
}

// New returns a tracker that keeps its swarms in store and its metrics in reg.
func New(store Store, reg prometheus.Registerer, opts Options) *Tracker {
	batches, _ := store.(BatchStore)
	return &Tracker{store: store, batches: batches, opts: opts, metrics: newMetrics(reg)}
}

// Announce records what a says and answers it, appending the list to peers.
func (t *Tracker) Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Reply, error) {
	a.NumWant = t.numWant(&a)
	result, err := t.store.Announce(ctx, a, peers)
	return t.reply(&a, result, err)
}

// AnnounceAll does for many announces what Announce does for one.
func (t *Tracker) AnnounceAll(ctx context.Context, calls []swarm.Call) {
	if t.batches == nil {
		for i := range calls {
			c := &calls[i]
			c.Reply, c.Err = t.Announce(ctx, c.Announce, &c.Peers)
		}
		return
	}
	for i := range calls {
		calls[i].Announce.NumWant = t.numWant(&calls[i].Announce)
	}
	t.batches.AnnounceAll(ctx, calls)
	for i := range calls {
		c := &calls[i]
		c.Reply, c.Err = t.reply(&c.Announce, c.Reply.Result, c.Err)
	}
}

// Waits reports whether an announce takes as long as something else does, so that many should be made
// at a time.
func (t *Tracker) Waits() bool { return t.batches != nil }

// reply makes the reply to an announce of what the store said.
func (t *Tracker) reply(a *swarm.Announce, result swarm.Result, err error) (swarm.Reply, error) {
	if err != nil {
		return swarm.Reply{}, t.failed(opAnnounce, fmt.Errorf("announce %v: %w", a.InfoHash, err))
	}
	t.metrics.announces[a.Proto][a.Peer.Family()][a.Event].Inc()
	interval := t.interval(a)
	return swarm.Reply{
		Result:      result,
		Interval:    interval,
		MinInterval: min(t.opts.MinInterval, interval),
	}, nil
}

// Answered records how long announces took, each as long as the others. Frontends tell, since they
// know what arrived together and when the replies were ready.
func (t *Tracker) Answered(proto swarm.Proto, announces int, took time.Duration) {
	t.metrics.durations.observe(proto, announces, took)
}

// Scrape answers so many scrapes, which ask for hashes: it appends the counts of each swarm to stats, in
// the order asked.
func (t *Tracker) Scrape(
	ctx context.Context, proto swarm.Proto, scrapes int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
) ([]swarm.Stats, error) {
	stats, err := t.store.Scrape(ctx, hashes, stats)
	if err != nil {
		return stats, t.failed(opScrape, fmt.Errorf("scrape of %d swarms: %w", len(hashes), err))
	}
	t.metrics.scrapes[proto].Add(float64(scrapes))
	return stats, nil
}

// Refused counts a request that a frontend answered with a refusal.
func (t *Tracker) Refused(proto swarm.Proto, reason swarm.Reason) {
	t.metrics.refusals[proto][reason].Inc()
}

// MinInterval returns the shortest time between two announces or scrapes of one client.
func (t *Tracker) MinInterval() time.Duration { return t.opts.MinInterval }

// numWant returns how many peers the list of a may hold. The store is to know all that bounds it:
// who cuts a list that is made may cut all of one role.
func (t *Tracker) numWant(a *swarm.Announce) int {
	want := a.NumWant
	switch {
	case a.Event == bittorrent.Stopped:
		return 0
	case want < 0:
		want = t.opts.NumWant
	}
	want = min(want, t.opts.MaxNumWant)
	if a.MaxPeers > 0 {
		want = min(want, a.MaxPeers)
	}
	return want
}

// failed counts err when it is the store's failure, and not its verdict on the request.
func (t *Tracker) failed(o op, err error) error {
	if r := swarm.ReasonOf(err); r == swarm.Internal || r == swarm.Unavailable {
		t.metrics.storeErrors[o].Inc()
	}
	return err
}
