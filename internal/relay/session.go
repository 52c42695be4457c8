package relay

import (
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A Receiver is what a session delivers to. Neither method may block; both may keep s.SDP but not s. They
// are called by any goroutine, several at a time, and perhaps once more shortly after the session was closed.
type Receiver interface {
	Offer(s *swarm.Signal)
	Answer(s *swarm.Signal)
}

// A Session is what one socket announced. Its methods are called by one goroutine at a time.
type Session struct {
	relay    *Relay
	receiver Receiver
	answer   swarm.Signal // under way

	mu      sync.Mutex // guards what follows
	closed  bool
	records []*record // in any order
	pending pending
}

// Seeder reports whether the peer id of the swarm h is this session's, and a seeder by what the session last
// said.
func (s *Session) Seeder(h bittorrent.InfoHash, id bittorrent.PeerID) bool {
	sh := s.relay.shardOf(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	rec := sh.records[key{h, id}]
	return rec != nil && rec.session == s && rec.seeder
}

// Close removes all peers of the session, from all replicas. It does not wait for that: Run does it, or the
// leases, if the store is away. Nothing may be called after it.
func (s *Session) Close() {
	s.mu.Lock()
	s.closed = true
	records := s.records
	s.records, s.pending = nil, pending{}
	s.mu.Unlock()

	r := s.relay
	released := make([]swarm.Record, 0, len(records))
	for _, rec := range records {
		sh := r.shardOf(rec.id)
		sh.mu.Lock()
		if rec.session == s { // it was not taken meanwhile
			r.forget(sh, rec)
			if rec.writing {
				rec.orphan = true
			} else if rec.version != 0 {
				released = append(released, rec.stored())
			}
		}
		sh.mu.Unlock()
	}
	r.leaving.addRecords(released...)
}

func (s *Session) add(rec *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec.at = len(s.records)
	s.records = append(s.records, rec)
}

// remove removes rec, unless Close did.
func (s *Session) remove(rec *record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rec.at >= len(s.records) || s.records[rec.at] != rec {
		return
	}
	last := len(s.records) - 1
	s.records[rec.at] = s.records[last]
	s.records[rec.at].at = rec.at
	s.records[last] = nil
	s.records = s.records[:last]
}

// mayAdd returns a refusal when the session has as many peers as it may have.
func (s *Session) mayAdd() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return swarm.RefusedError{Reason: swarm.Unavailable}
	case len(s.records) >= s.relay.opts.MaxPeersPerSession:
		return swarm.RefusedError{Reason: swarm.Overloaded}
	}
	return nil
}
