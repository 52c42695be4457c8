package memstore

import "github.com/starling-tracker/starling/internal/swarm"

// admit decides whether one more peer fits, into the swarm m or, when m is nil, into a new one.
// Shards decide side by side, so a limit may be passed by as many peers as announce at once.
func (s *Store) admit(m *members) error {
	full := s.opts.MaxPeers > 0 && s.peers.Load() >= int64(s.opts.MaxPeers)
	if m == nil {
		full = full || s.opts.MaxSwarms > 0 && s.swarms.Load() >= int64(s.opts.MaxSwarms)
	} else {
		full = full || s.opts.MaxPeersPerSwarm > 0 && m.size() >= s.opts.MaxPeersPerSwarm
	}
	if full {
		return swarm.RefusedError{Reason: swarm.Overloaded}
	}
	return nil
}

// maxPast bounds the past of one shard: a tracker remembers about as many swarms that are gone as
// it may have.
func (s *Store) maxPast() int {
	if s.opts.MaxSwarms == 0 {
		return defaultMaxPast
	}
	return max(s.opts.MaxSwarms/shardCount, 1)
}
