// Package relay is the service for browsers: it knows which of them this replica's sessions are, keeps their
// records alive in the store, and hands offers and answers from one to another, wherever that one is. It
// refuses to know what a session's socket speaks, what keeps the records, and how replicas reach each other.
//
// A record is an info hash and a peer ID. It belongs to the session that announced it last, on whatever
// replica. The first announce on a session takes it: subscribe to the peer ID's channel, stamp, publish a
// Taking, write. Whoever is stamped later subscribed before it published, and whoever was stamped earlier
// had subscribed by then, so the earlier one hears of the later one and forgets the record; it leaves the
// store alone, where the record has the later one's version.
//
// One write of a record is under way at a time on a replica, so that the version it has is that of its last
// write: an announce waits for a renewal, and a renewal skips who announces. What remains are races between
// replicas, none of which counts a browser twice, since a store has one record of it:
//
//   - A renewal that was under way when the record was taken elsewhere may be the last write. The new owner
//     writes again within a third of a lease; if it leaves before that, the record outlives it by a lease.
//   - A write that failed may have happened all the same. It is done again within seconds of the store's
//     return; if the session closes before that, the record outlives it by a lease.
//   - When a Taking is lost, both owners renew. The record is missing for a third of a lease if the old one
//     closes, and was the last to write.
//
// Locks are short, and nothing is called with one held but the clock. The order is: a shard of the records
// (by peer ID), and below it, never two at a time, a shard of the rooms (by info hash), a session, or a
// queue of work. Signals from the bus take the lock of one record's shard and one session's, and leave what
// takes time to [Relay.Run].
package relay

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
)

// A Tracker answers announces, as tracker.Tracker does.
type Tracker interface {
	Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Reply, error)
}

// Options configure a Relay.
type Options struct {
	// Lease is how long a record lasts in the store without being renewed. It must be above zero.
	Lease time.Duration
	// Lifetime is for how long records are renewed whose browsers are silent. It must be above zero.
	Lifetime time.Duration
	// MaxPeersPerSession bounds the records of a session. Zero means 1,000.
	MaxPeersPerSession int
	// MaxPending bounds the offers that a session remembers to let answers to them in. Zero means 1,024.
	MaxPending int
	// Pending is for how long it does. Zero means 2 minutes.
	Pending time.Duration
	// Timeout bounds a call of the store or the bus that no session waits for, and a subscription. Zero
	// means 2 seconds.
	Timeout time.Duration
	// Now is the clock that the replicas share. Nil means time.Now.
	Now func() time.Time
}

func (o *Options) setDefaults() {
	o.MaxPeersPerSession = cmp.Or(o.MaxPeersPerSession, 1000)
	o.MaxPending = cmp.Or(o.MaxPending, 1024)
	o.Pending = cmp.Or(o.Pending, 2*time.Minute)
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
}

// A Relay is the service of one replica. It may be called concurrently.
type Relay struct {
	tracker Tracker
	leases  tracker.Leases
	bus     tracker.Bus
	log     *slog.Logger
	metrics *metrics
	opts    Options
	replica uint64 // in the stamps
	started time.Time

	records shards
	rooms   rooms
	leaving leaving
	mending mending
	lists   sync.Pool // of *swarm.Peers
	count   atomic.Int64
}

// New returns a relay whose metrics are in reg. It keeps records alive while Run runs.
func New(
	t Tracker, leases tracker.Leases, bus tracker.Bus, log *slog.Logger, reg prometheus.Registerer, opts Options,
) *Relay {
	opts.setDefaults()
	r := &Relay{
		tracker: t, leases: leases, bus: bus, log: log, opts: opts,
		replica: rand.Uint64(), //nolint:gosec // nothing is lost if it is guessed
		started: time.Now(),
	}
	r.records.start()
	r.rooms.start()
	r.leaving.wake = make(chan struct{}, 1)
	r.lists.New = func() any { return new(swarm.Peers) }
	r.metrics = newMetrics(reg, &r.count)
	return r
}

// Run renews the records of this replica's sessions, and removes those of sessions that close, until ctx is
// done. It returns nil, when what was being removed by then is removed or the store had its time.
func (r *Relay) Run(ctx context.Context) error {
	var work sync.WaitGroup
	work.Go(func() { r.renewAll(ctx) })
	work.Go(func() { r.mendAll(ctx) })
	r.partWithAll(ctx)
	work.Wait()
	r.part(ctx)
	return nil
}

// Open returns a session that delivers to receiver.
func (r *Relay) Open(receiver Receiver) *Session {
	return &Session{relay: r, receiver: receiver}
}

// since is the time that has gone by for this replica, whatever becomes of its clock.
func (r *Relay) since() time.Duration { return time.Since(r.started) }
