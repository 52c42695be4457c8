// Package redisbus carries signals between replicas over sharded pub/sub channels of Redis, one a browser.
// It knows no session and no swarm: who is subscribed here, and nothing more.
//
//	<prefix>s:{<partition>}:<peer ID>  the signals to a browser, from any replica (codec.go)
//	<prefix>s:{<partition>}:<tag>      probes of a replica to itself, tag being 16 hexadecimal digits
//
// The channels of a partition are in one slot of a Cluster, and a replica hears them on one connection,
// which it opens when it first needs one: entries.go keeps who is subscribed and brings it together with
// what Redis was told, keeper.go keeps the connection, reader.go reads it. What is published waits in
// lanes, each of which has one pipeline under way at a time (lane.go), so signals to a browser keep their
// order. Nothing is sent twice or stored. A partition's lock is held for lookups, and never while a
// subscriber is called.
package redisbus

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"math/bits"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Options configure a Bus.
type Options struct {
	Partitions int           // of the channels; must be set, and the same for all replicas
	MaxSDP     int           // bytes of an offer or an answer; zero: 64 KiB
	Queue      int           // signals that wait in a lane at most, beside those being sent; zero: 4096
	QueueBytes int           // that they have at most; zero: 16 MiB
	Deadline   time.Duration // of a pipeline; zero: half a second
	ProbeEvery time.Duration // a connection that misses three probes is opened again; zero: two seconds
}

func (o Options) withDefaults() Options {
	set(&o.MaxSDP, 64<<10)
	set(&o.Queue, 4096)
	set(&o.QueueBytes, 16<<20)
	set(&o.Deadline, 500*time.Millisecond)
	set(&o.ProbeEvery, 2*time.Second)
	return o
}

// set gives a field its default where it is zero.
func set[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// How many pipelines are under way at a time. On a single server one is enough for all that it can do, and
// the offers of an announce are one write. In a Cluster lanes share out the slots in stretches, which are
// mostly on one node each, so that a node that is away holds up no signals of others.
const (
	singleLanes  = 1
	clusterLanes = 12
)

// A Bus delivers to its own subscribers and to those of other replicas. It satisfies tracker.Bus and may be
// called concurrently.
type Bus struct {
	conn       *redisconn.Conn
	log        *slog.Logger
	opts       Options
	metrics    *metrics
	tag        tag
	note       note
	partitions []*partition
	lanes      []*lane
}

// New returns a bus over conn, whose metrics are in reg. It hears and is heard by others while Run runs, and
// does not close conn.
func New(conn *redisconn.Conn, log *slog.Logger, reg prometheus.Registerer, opts Options) *Bus {
	b := &Bus{conn: conn, log: log, opts: opts.withDefaults(), metrics: newMetrics(reg)}
	b.note.log = log
	_, _ = rand.Read(b.tag[:]) // never fails: crypto/rand ends the process instead
	n := singleLanes
	if conn.IsCluster() {
		n = clusterLanes
	}
	for range n {
		b.lanes = append(b.lanes, newLane(b))
	}
	for i := range opts.Partitions {
		p := newPartition(b, conn.Channels(i))
		p.probe = p.channels + hex.EncodeToString(b.tag[:])
		p.lane = b.lanes[redisconn.PartitionSlot(i)*n/redisconn.Slots]
		b.partitions = append(b.partitions, p)
	}
	return b
}

// Run carries signals until ctx is done and those that wait are sent. It goes on while Redis is away, and
// returns nil.
func (b *Bus) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	for _, p := range b.partitions {
		parts.Go(func() { p.run(ctx) })
	}
	for _, l := range b.lanes {
		parts.Go(func() { l.run(ctx) })
	}
	parts.Wait()
	return nil
}

// Publish sends each signal towards its To: see tracker.Bus. It waits for nothing: what finds no room, or no
// Redis, is dropped and counted. It does not allocate once its buffers have grown.
func (b *Bus) Publish(signals ...swarm.Signal) {
	const most = 64 // bits of away
	for len(signals) > 0 {
		some := signals[:min(most, len(signals))]
		signals = signals[len(some):]
		var away uint64 // those that nobody here accepted
		for i := range some {
			s := &some[i]
			if s.Kind == swarm.Taking || !b.partition(s.To).deliver(s) {
				away |= 1 << i
			}
		}
		b.send(some, away)
	}
}

// send queues those of signals whose bit is set. Those of one lane are queued at once, and so sent at once.
func (b *Bus) send(signals []swarm.Signal, which uint64) {
	for which != 0 {
		l := b.partition(signals[bits.TrailingZeros64(which)].To).lane
		l.mu.Lock()
		for rest := which; rest != 0; rest &= rest - 1 {
			i := bits.TrailingZeros64(rest)
			if p := b.partition(signals[i].To); p.lane == l {
				l.queue(p, &signals[i])
				which &^= 1 << i
			}
		}
		l.mu.Unlock()
		l.wake()
	}
}

// Subscribe calls deliver for the signals to id: see tracker.Bus. It waits for Redis' confirmation until ctx
// is done, and not at all when Redis was not reached a moment ago.
//
// deliver is called with no lock held, so it may call the bus; and one that is being delivered while stop is
// called may end after it. Subscribing and stopping in turn is right however fast it is done.
func (b *Bus) Subscribe(
	ctx context.Context, id bittorrent.PeerID, deliver func(*swarm.Signal) bool,
) (stop func(), err error) {
	return b.partition(id).subscribe(ctx, id, deliver)
}

func (b *Bus) partition(id bittorrent.PeerID) *partition {
	return b.partitions[redisconn.Partition(id, len(b.partitions))]
}
