package app

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/tracker"
)

// laneQueue is how many announces wait for a pipeline to Redis at most, in each of a dozen lanes.
const laneQueue = 4096

// leaseOf returns how long a browser's record lasts that is not renewed. The store and who renews must agree on
// it, and no store keeps a record for longer than other peers'.
func leaseOf(cfg config.Config) time.Duration { return min(cfg.WS.Lease, cfg.Store.PeerLifetime) }

// storage is where swarms are kept.
type storage interface {
	tracker.Store
	tracker.Leases
	ops.Inspector
	runner
}

// openStorage makes the store: in Redis, beside other replicas, when there is one. A Redis that will never do
// is an error at once, if it can be asked, so that nobody listens in vain.
func (p *parts) openStorage(ctx context.Context, cfg config.Config, reg prometheus.Registerer) (storage, error) {
	if cfg.Redis.URL == "" {
		store := memstore.New(reg, memstore.Options{
			PeerLifetime:     cfg.Store.PeerLifetime,
			Lease:            leaseOf(cfg),
			MaxSwarms:        cfg.Store.MaxSwarms,
			MaxPeersPerSwarm: cfg.Store.MaxPeersPerSwarm,
			MaxPeers:         cfg.Store.MaxPeers,
		})
		p.backends = append(p.backends, store)
		return store, nil
	}
	redisconn.LogTo(p.log)
	opts := cfg.Redis.Options()
	opts.Timeout = cfg.Redis.Deadline
	conn, err := redisconn.Open(opts)
	if err != nil {
		return nil, err
	}
	p.redis = conn
	p.replica = newReplica(conn, p.log, reg)
	if err := p.replica.Check(ctx); err != nil {
		return nil, err
	}
	p.health.Needs = append(p.health.Needs, ops.Need{Name: "redis", Met: p.replica.Takes, Required: cfg.Redis.Required})
	store := redisstore.New(conn, p.log, reg, redisstore.Options{
		PeerLifetime:     cfg.Store.PeerLifetime,
		Lease:            leaseOf(cfg),
		MaxPeersPerSwarm: cfg.Store.MaxPeersPerSwarm,
		Deadline:         cfg.Redis.Deadline,
		Queue:            laneQueue,
		Hints:            cfg.Redis.Remember,
		Recount:          cfg.Redis.Recount,
		Now:              conn.Now,
	})
	p.backends = append(p.backends, store, p.replica)
	return store, nil
}

func newReplica(conn *redisconn.Conn, log *slog.Logger, reg prometheus.Registerer) *replica.Replica {
	host, _ := os.Hostname() // one without a name is listed without
	build := Version()
	return replica.New(conn, log, reg, replica.Options{Hostname: host, Version: build.Version, Revision: build.Revision})
}

// joined returns a channel that is closed once the process has what it needs to answer.
func (p *parts) joined() <-chan struct{} {
	if p.replica != nil {
		return p.replica.Joined()
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

// endStorage lets go of what the store was kept in, which has to have stopped.
func (p *parts) endStorage() error {
	if p.redis == nil {
		return nil
	}
	return p.redis.Close()
}
