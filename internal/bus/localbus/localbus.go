// Package localbus carries signals inside of one process. It is the bus of a tracker that keeps its
// swarms in memory, where every browser is here. It knows no network, and loses nothing.
package localbus

import (
	"context"
	"hash/maphash"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// shards share out the locks, so that signals to different browsers rarely meet at one.
const shards = 64

// A Bus delivers to its own subscribers. It satisfies tracker.Bus and may be called concurrently.
type Bus struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu            sync.RWMutex // guards subscriptions
	subscriptions map[bittorrent.PeerID]*subscription
}

// A subscription is told from a later one of the same browser by its address.
type subscription struct{ deliver func(*swarm.Signal) bool }

// New returns a bus without subscribers.
func New() *Bus {
	b := &Bus{seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].subscriptions = make(map[bittorrent.PeerID]*subscription)
	}
	return b
}

// Publish delivers each signal: see tracker.Bus. A Taking is for other replicas, which there are not.
func (b *Bus) Publish(signals ...swarm.Signal) {
	for i := range signals {
		s := &signals[i]
		if s.Kind == swarm.Taking {
			continue
		}
		if sub := b.shard(s.To).subscription(s.To); sub != nil {
			sub.deliver(s)
		}
	}
}

// Subscribe calls deliver for the signals to id: see tracker.Bus. It does not wait, and returns no error.
//
// deliver is called by who publishes, with no lock held, so it may call the bus; and one that is being
// delivered while stop is called may end after it.
func (b *Bus) Subscribe(
	_ context.Context, id bittorrent.PeerID, deliver func(*swarm.Signal) bool,
) (stop func(), err error) {
	sub, at := &subscription{deliver}, b.shard(id)
	at.mu.Lock()
	defer at.mu.Unlock()
	at.subscriptions[id] = sub
	return func() { at.remove(id, sub) }, nil
}

func (b *Bus) shard(id bittorrent.PeerID) *shard {
	return &b.shards[maphash.Comparable(b.seed, id)%shards]
}

func (at *shard) subscription(id bittorrent.PeerID) *subscription {
	at.mu.RLock()
	defer at.mu.RUnlock()
	return at.subscriptions[id]
}

func (at *shard) remove(id bittorrent.PeerID, sub *subscription) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.subscriptions[id] == sub {
		delete(at.subscriptions, id)
	}
}
