// Package memstore keeps swarms in this process's memory: the store of a tracker of one replica.
//
// Swarms are spread over shards by info hash, each behind a mutex that an announce holds for
// O(numwant) work. A swarm has a pool a family; a pool is a dense array of fixed-size records,
// seeders first, so that a list is a copy of neighboring records and a swarm of one or two peers
// is hardly larger than they are.
//
// Time is counted in ticks of 1/63 of the peers' lifetime, and [Store.Run] moves it: a record
// carries the tick of its last announce in two bytes, and no announce reads a clock. A peer is
// live for at least the lifetime and at most 1/63 of it longer. From then on it is neither counted
// nor listed; its record goes when its swarm is touched, or when Run comes by.
// A browser lives for its lease instead, and at most two ticks longer: its record is written as if it
// were so old already that only the lease is left.
package memstore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// shardCount is how many mutexes the swarms share. It is well above the number of cores that will
// announce at once, and one byte of the info hash chooses the shard.
const shardCount = 256

// Options configure a Store.
type Options struct {
	// PeerLifetime is how long a peer that falls silent is kept. It must be above zero.
	PeerLifetime time.Duration
	// Lease is how long a browser is kept whose record is not renewed. Zero means PeerLifetime, as does
	// more than that.
	Lease time.Duration
	// MaxSwarms bounds the swarms with peers. Zero means no bound.
	MaxSwarms int
	// MaxPeersPerSwarm bounds the peers of one swarm, all pools together. Zero means no bound.
	MaxPeersPerSwarm int
	// MaxPeers bounds the peers of all swarms together. Zero means no bound.
	MaxPeers int
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// A Store keeps swarms in memory. It satisfies tracker.Store and tracker.Leases and may be called
// concurrently.
type Store struct {
	opts    Options
	tick    time.Duration
	lease   ticks // of browsers
	started time.Time
	now     atomic.Uint32 // the current tick, set by readClock
	swarms  atomic.Int64  // swarms with peers, in all shards
	peers   atomic.Int64  // records, in all shards
	shards  [shardCount]shard
}

// New returns an empty store whose metrics are in reg. Its peers grow old only while Run runs.
func New(reg prometheus.Registerer, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Store{opts: opts, tick: max(opts.PeerLifetime/lifetimeTicks, 1), started: opts.Now()}
	s.lease = lifeOf(opts.Lease, s.tick)
	for i := range s.shards {
		s.shards[i].swarms = make(map[bittorrent.InfoHash]*members)
		s.shards[i].store = s
	}
	s.register(reg)
	return s
}

// Announce records or removes a peer, counts its swarm and samples it: see tracker.Store. It does
// not wait for anything but the shard, so ctx is not looked at.
func (s *Store) Announce(_ context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Result, error) {
	return s.shardOf(a.InfoHash).announce(&a, peers)
}

// Scrape appends the counts of each swarm to stats: see tracker.Store.
func (s *Store) Scrape(
	_ context.Context, hashes []bittorrent.InfoHash, stats []swarm.Stats,
) ([]swarm.Stats, error) {
	for _, h := range hashes {
		stats = append(stats, s.shardOf(h).scrape(h))
	}
	return stats, nil
}

// clock returns the current tick. It must be read behind the mutex of the shard that it is used on,
// so that no pool is taken back to an earlier one.
func (s *Store) clock() ticks { return ticks(s.now.Load()) }

func (s *Store) shardOf(h bittorrent.InfoHash) *shard { return &s.shards[h[0]] }
