package memstore

import (
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A shard is the part of the swarms that one mutex guards.
type shard struct {
	store *Store // for the limits it shares with the other shards

	mu      sync.Mutex // guards what follows
	swarms  map[bittorrent.InfoHash]*members
	past    past
	held    [swarm.Families]poolTotals
	version swarm.Version // the last one given to a browser's record

	_ [64]byte // so that the mutexes of neighbors do not share a cache line
}

// poolTotals sums one family over the swarms of a shard.
type poolTotals struct{ swarms, seeders, leechers int }

func (sh *shard) announce(a *swarm.Announce, peers *swarm.Peers) (swarm.Result, error) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	m := sh.swarms[a.InfoHash]
	switch {
	case m == nil && a.Event == bittorrent.Stopped:
		return swarm.Result{Stats: swarm.Stats{Completed: sh.past.completed(a.InfoHash)}}, nil
	case m == nil:
		if err := sh.store.admit(nil); err != nil {
			return swarm.Result{}, err
		}
		m = sh.add(a.InfoHash)
	}

	now, before := sh.store.clock(), m.totals()
	m.age(now)
	self, err := nowhere, error(nil)
	if a.Event == bittorrent.Stopped {
		m.remove(a.Peer, a.Version, now)
	} else {
		self, err = m.put(a, now, sh.store)
	}
	var result swarm.Result
	if err == nil {
		if self != nowhere && a.Peer.Family() == swarm.WebRTC {
			result.Version = sh.sign(m, self)
		}
		result.Stats = m.stats()
		m.sample(a, self, now, peers)
	}
	sh.settle(a.InfoHash, m, before)
	return result, err
}

func (sh *shard) scrape(h bittorrent.InfoHash) swarm.Stats {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	m := sh.swarms[h]
	if m == nil {
		return swarm.Stats{Completed: sh.past.completed(h)}
	}
	now, before := sh.store.clock(), m.totals()
	m.age(now)
	stats := m.stats()
	sh.settle(h, m, before)
	return stats
}

// add makes the swarm h, which must not exist, with what is remembered of it.
func (sh *shard) add(h bittorrent.InfoHash) *members {
	m := newMembers(sh.past.take(h))
	sh.swarms[h] = m
	sh.store.swarms.Add(1)
	return m
}

// settle accounts for what an operation did to the swarm h, which had the totals before, and
// drops the swarm when nobody is left in it.
func (sh *shard) settle(h bittorrent.InfoHash, m *members, before memberTotals) {
	after := m.totals()
	if after != before {
		sh.account(before, after)
	}
	if after != (memberTotals{}) || sh.swarms[h] != m {
		return
	}
	delete(sh.swarms, h)
	sh.store.swarms.Add(-1)
	if m.completed > 0 {
		sh.past.put(h, m.completed, sh.store.maxPast())
	}
}

func (sh *shard) account(before, after memberTotals) {
	grown := 0
	for f := range before {
		b, a, held := before[f], after[f], &sh.held[f]
		held.seeders += int(a.seeders) - int(b.seeders)
		held.leechers += int(a.leechers) - int(b.leechers)
		held.swarms += min(a.sum(), 1) - min(b.sum(), 1)
		grown += a.sum() - b.sum()
	}
	if grown != 0 {
		sh.store.peers.Add(int64(grown))
	}
}
