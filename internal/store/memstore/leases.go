package memstore

import (
	"context"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Renew writes the records of browsers again: see tracker.Leases. It never fails.
func (s *Store) Renew(_ context.Context, records []swarm.Record) error {
	for i := range records {
		r := &records[i]
		s.shardOf(r.InfoHash).renew(r)
	}
	return nil
}

// Release removes the records that are as their versions wrote them: see tracker.Leases. It never
// fails.
func (s *Store) Release(_ context.Context, records []swarm.Record) error {
	for _, r := range records {
		s.shardOf(r.InfoHash).release(r)
	}
	return nil
}

// Held appends how each record stands: see tracker.Leases. It never fails.
func (s *Store) Held(_ context.Context, records []swarm.Record, held []swarm.Holding) ([]swarm.Holding, error) {
	for _, r := range records {
		held = append(held, s.shardOf(r.InfoHash).holding(r))
	}
	return held, nil
}

func (sh *shard) renew(r *swarm.Record) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	m := sh.swarms[r.InfoHash]
	if m == nil {
		m = sh.add(r.InfoHash)
	}
	sh.change(r.InfoHash, m, func(now ticks) {
		p, peer := m.needPool(swarm.WebRTC, sh.store.lease), swarm.WebRTCPeer(r.Peer)
		_, place := p.put(peer, p.find(peer), r.Seeder, now)
		r.Version = sh.sign(m, place)
	})
}

func (sh *shard) release(r swarm.Record) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if m := sh.swarms[r.InfoHash]; m != nil {
		sh.change(r.InfoHash, m, func(now ticks) { m.remove(swarm.WebRTCPeer(r.Peer), r.Version, now) })
	}
}

func (sh *shard) holding(r swarm.Record) (h swarm.Holding) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	m := sh.swarms[r.InfoHash]
	if m == nil {
		return swarm.Gone
	}
	sh.change(r.InfoHash, m, func(now ticks) { h = m.holding(&r, now) })
	return h
}

// holding returns how r stands in its swarm.
func (m *members) holding(r *swarm.Record, now ticks) swarm.Holding {
	p := m.pool(swarm.WebRTC)
	if p == nil {
		return swarm.Gone
	}
	place := p.find(swarm.WebRTCPeer(r.Peer))
	switch {
	case place == nowhere, dead(p.at(place).seen(), now):
		return swarm.Gone
	case p.at(place).version() == r.Version:
		return swarm.Held
	default:
		return swarm.Taken
	}
}

// change has f do something to the swarm h, which is aged before and accounted for afterwards.
func (sh *shard) change(h bittorrent.InfoHash, m *members, f func(now ticks)) {
	now, before := sh.store.clock(), m.totals()
	m.age(now)
	f(now)
	sh.settle(h, m, before)
}

// sign gives the browser's record at place, which was just written, a version that no record of the
// shard has had.
func (sh *shard) sign(m *members, place int) swarm.Version {
	sh.version++
	m.pool(swarm.WebRTC).at(place).sign(sh.version)
	return sh.version
}
