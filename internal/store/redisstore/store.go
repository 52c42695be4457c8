// Package redisstore keeps swarms in Redis, where all replicas of a tracker find them.
//
// A pool of a swarm is one sorted set: the member is the peer's compact form, the score its expiry and
// role (score.go). An announce is a few plain commands in one pipeline: it writes the peer, counts the
// living, and reads windows of ranks for the list. Pipelines carry the announces of many peers: each
// swarm belongs to a lane, which has one pipeline under way at a time (lane.go). A replica remembers
// sizes of swarms to choose commands by (hints.go), and never answers by them alone, but for the counts
// of the pools that the announcer is not in, and of downloads that finished, which may be some seconds old.
package redisstore

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// How many pipelines are under way at a time: enough for Redis to have something to do while we read
// and write, and so few that pipelines are long. In a Cluster the lanes share out the slots in stretches,
// which are mostly on one node each.
const (
	singleLanes  = 2
	clusterLanes = 12
)

// Options configure a Store. All of them must be set but for those with a zero in their comment.
type Options struct {
	PeerLifetime     time.Duration // how long a peer that falls silent is kept
	Lease            time.Duration // the same for a browser's record; zero, or more than PeerLifetime: as long
	MaxPeersPerSwarm int           // zero: no bound
	Deadline         time.Duration // of an announce, waiting included
	Queue            int           // announces that wait in a lane at most
	Hints            int           // swarms remembered at most
	// Recount is how old the counts of the pools may be that the announcer is not in. Zero: they are
	// counted each time, as they always are for a scrape.
	Recount time.Duration
	Now     func() time.Time
}

// A Store keeps swarms in Redis. It satisfies tracker.BatchStore and tracker.Leases and may
// be called concurrently.
type Store struct {
	conn     *redisconn.Conn
	log      *slog.Logger
	opts     Options
	recount  int64 // Options.Recount in seconds
	metrics  *metrics
	lanes    []*lane
	ops      sync.Pool
	groups   sync.Pool
	versions versions

	complaint complaint
}

// New returns a store over conn, whose metrics are in reg. It answers while Run runs.
func New(conn *redisconn.Conn, log *slog.Logger, reg prometheus.Registerer, opts Options) *Store {
	if opts.Lease <= 0 || opts.Lease > opts.PeerLifetime {
		opts.Lease = opts.PeerLifetime // no longer, or keys expire before their members
	}
	s := &Store{conn: conn, log: log, opts: opts, recount: int64(opts.Recount / time.Second), metrics: newMetrics(reg)}
	s.ops.New = func() any { return &op{own: newGroup()} }
	s.groups.New = func() any { g := newGroup(); return &g }
	s.versions.start()
	s.lanes = make([]*lane, singleLanes)
	if conn.IsCluster() {
		s.lanes = make([]*lane, clusterLanes)
	}
	for i := range s.lanes {
		s.lanes[i] = newLane(s)
	}
	return s
}

// Run carries announces to Redis until ctx is done and those that wait are answered. It returns nil.
func (s *Store) Run(ctx context.Context) error {
	var lanes sync.WaitGroup
	for _, l := range s.lanes {
		lanes.Go(func() { l.run(ctx) })
	}
	lanes.Wait()
	return nil
}

// Announce records or removes a peer, counts its swarm and samples it: see tracker.Store. It waits for
// Redis no longer than the deadline.
func (s *Store) Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Result, error) {
	o := s.newOp()
	o.announce, o.scrape = a, false
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	if err := s.do(ctx, o); err != nil {
		return swarm.Result{}, err
	}
	return s.take(o, peers)
}

// AnnounceAll makes the calls side by side: see tracker.BatchStore.
func (s *Store) AnnounceAll(ctx context.Context, calls []swarm.Call) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	g, _ := s.groups.Get().(*group)
	g.begin()
	for i := range calls {
		o := s.newOp()
		o.announce, o.scrape = calls[i].Announce, false
		s.join(g, o)
	}
	inTime := g.wait(ctx)
	for i, o := range g.ops {
		c := &calls[i]
		if c.Err = s.outcome(ctx, o, inTime); c.Err == nil {
			c.Reply.Result, c.Err = s.take(o, &c.Peers)
		}
	}
	if inTime {
		s.groups.Put(g)
	}
}

// take returns what came of o, appends its list to peers, and keeps it.
func (s *Store) take(o *op, peers *swarm.Peers) (swarm.Result, error) {
	result, err := swarm.Result{Stats: o.stats, Version: o.version}, failure(o.err)
	if err == nil && !o.scrape {
		for f, list := range o.peers {
			peers[f] = append(peers[f], list...)
		}
	}
	s.ops.Put(o)
	return result, err
}

// Scrape appends the counts of each swarm to stats: see tracker.Store.
func (s *Store) Scrape(ctx context.Context, hashes []bittorrent.InfoHash, stats []swarm.Stats) ([]swarm.Stats, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Deadline)
	defer cancel()
	g, _ := s.groups.Get().(*group)
	g.begin()
	for _, h := range hashes {
		o := s.newOp()
		o.announce, o.scrape = swarm.Announce{InfoHash: h}, true
		s.join(g, o)
	}
	inTime := g.wait(ctx)
	var failed error
	for _, o := range g.ops {
		var counts swarm.Result
		err := s.outcome(ctx, o, inTime)
		if err == nil {
			counts, err = s.take(o, nil)
		}
		if err != nil {
			failed = err
		}
		stats = append(stats, counts.Stats)
	}
	if inTime {
		s.groups.Put(g)
	}
	return stats, failed
}

func (s *Store) laneOf(h bittorrent.InfoHash) *lane { return s.lanes[s.laneNumber(h)] }

// laneNumber returns which is the lane of a swarm.
func (s *Store) laneNumber(h bittorrent.InfoHash) int {
	return redisconn.Slot(h) * len(s.lanes) / redisconn.Slots
}
