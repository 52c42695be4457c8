package replica

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

const (
	// probeTimeout is what a server that is well never needs.
	probeTimeout = 500 * time.Millisecond
	// probedPools is how many pools are asked for: enough to meet the nodes of a Cluster, wherever
	// their slots are.
	probedPools = 16
)

// probe returns nil when Redis answers, and whether it has lost what the replicas share.
//
// It asks for keys and not with PING, which a node also answers when its Cluster serves nobody. The keys are of
// many slots, and one answer is enough: when a part of a Cluster is away, the swarms in the others are
// not.
func (r *Replica) probe(ctx context.Context) (lost bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	pipe := r.conn.Pipeline()
	meta := pipe.Exists(ctx, r.conn.Meta())
	answers := []*redis.IntCmd{meta}
	for i := range probedPools {
		h := bittorrent.InfoHash{byte(i * 256 / probedPools)}
		answers = append(answers, pipe.Exists(ctx, r.conn.Pool(swarm.IPv4, h)))
	}
	_, _ = pipe.Exec(ctx) // each answer has its own error
	for _, a := range answers {
		if a.Err() == nil {
			return meta.Err() == nil && meta.Val() == 0, nil
		}
	}
	return false, meta.Err()
}
