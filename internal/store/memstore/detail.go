package memstore

import (
	"context"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Detail returns what is known of a swarm, with at most limit peers a pool. Of an unknown swarm
// that is its hash.
func (s *Store) Detail(_ context.Context, h bittorrent.InfoHash, limit int) (swarm.Detail, error) {
	sh := s.shardOf(h)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	d := swarm.Detail{InfoHash: h, Completed: sh.past.completed(h)}
	m := sh.swarms[h]
	if m == nil {
		return d, nil
	}
	now, before := s.clock(), m.totals()
	m.age(now)
	d.Completed = m.completed
	for f := range swarm.Family(swarm.Families) {
		p := m.pool(f)
		if p == nil || p.live().sum() == 0 {
			continue
		}
		live := p.live()
		d.Pools = append(d.Pools, swarm.PoolDetail{
			Family: f, Seeders: live.seeders, Leechers: live.leechers, Peers: p.detail(limit, now, s.tick),
		})
	}
	sh.settle(h, m, before)
	return d, nil
}

func (p *pool) detail(limit int, now ticks, tick time.Duration) (peers []swarm.PeerDetail) {
	for place := range p.held.sum() {
		if len(peers) == limit {
			break
		}
		if seen := p.at(place).seen(); !dead(seen, now) {
			left := lifetimeTicks - (now - seen)
			peers = append(peers, swarm.PeerDetail{
				Peer: p.peer(place), Seeder: place < int(p.held.seeders), Expires: time.Duration(left) * tick,
			})
		}
	}
	return peers
}
