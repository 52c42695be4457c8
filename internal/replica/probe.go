package replica

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

const (
	// probeTimeout is what a server that is well never needs.
	probeTimeout = 500 * time.Millisecond
	// probedPools is how many pools stand for all when the nodes of a Cluster are looked for.
	probedPools = 16
)

// probe returns nil when Redis answers, and whether it has lost what the replicas share.
//
// It asks for a key and not with PING, which a node also answers when its Cluster serves nobody. Of a
// Cluster one node that serves is enough: while a part is away, the swarms in the others are not.
func (r *Replica) probe(ctx context.Context) (lost bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	cluster, ok := r.conn.UniversalClient.(*redis.ClusterClient)
	if !ok {
		n, err := r.conn.Exists(ctx, r.conn.Meta()).Result()
		return err == nil && n == 0, err
	}
	asked, err := r.askNodes(ctx, cluster)
	if err != nil {
		return false, err
	}
	for _, reply := range asked {
		if err = reply.Err(); err == nil {
			meta := asked[0]
			return meta.Err() == nil && meta.Val() == 0, nil
		}
	}
	cluster.ReloadState(ctx) // others may have taken over
	return false, err
}

// askNodes asks each master that has one of a few keys for it, all at the same time, the one that should
// have meta first. A pipeline would not do: when one node does not answer, go-redis fails all of it.
func (r *Replica) askNodes(ctx context.Context, cluster *redis.ClusterClient) ([]*redis.IntCmd, error) {
	keys := []string{r.conn.Meta()}
	for i := range probedPools {
		keys = append(keys, r.conn.Pool(swarm.IPv4, bittorrent.InfoHash{byte(i * 256 / probedPools)}))
	}
	replies := make([]*redis.IntCmd, 0, len(keys))
	nodes := make(map[*redis.Client]bool)
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, key := range keys {
		node, err := cluster.MasterForKey(ctx, key)
		if err != nil {
			return nil, err
		}
		if nodes[node] {
			continue
		}
		nodes[node] = true
		reply := redis.NewIntCmd(ctx, "exists", key)
		replies = append(replies, reply)
		asking.Go(func() { _ = node.Process(ctx, reply) }) // the reply has its error
	}
	return replies, nil
}
