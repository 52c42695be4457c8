package relay

import (
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// pair appends an offer for each of the peers in list, which are in compact form, as long as there are
// offers, and remembers who was asked.
func (s *Session) pair(a *swarm.Announce, offers []swarm.Offered, list []byte, out []swarm.Signal) []swarm.Signal {
	now, size := s.relay.since(), swarm.WebRTC.CompactLen()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range offers {
		if len(list) < size {
			break
		}
		to := bittorrent.PeerID(list[:size])
		list = list[size:]
		out = append(out, swarm.Signal{
			Kind: swarm.Offer, To: to, From: a.Peer.ID(), InfoHash: a.InfoHash, OfferID: o.ID, SDP: o.SDP,
		})
		forgot := s.pending.add(asking{a.InfoHash, o.ID, to}, now, s.relay.opts.Pending, s.relay.opts.MaxPending)
		s.relay.metrics.dropped[dropPending].Add(float64(forgot))
	}
	return out
}

// Send relays the signals that Announce returned. Afterwards they are in disorder.
func (s *Session) Send(signals []swarm.Signal) {
	remote := signals[:0]
	for i := range signals {
		if !s.relay.deliverHere(&signals[i], local) {
			remote = append(remote, signals[i])
		}
	}
	if len(remote) > 0 {
		s.relay.bus.Publish(remote...)
	}
}

// Answer relays the answer of a peer of this session to who offered. The Kind of a is not looked at.
func (s *Session) Answer(a swarm.Signal) {
	r, sh := s.relay, s.relay.shardOf(a.From)
	sh.mu.Lock()
	rec := sh.records[key{a.InfoHash, a.From}]
	owns := rec != nil && rec.session == s
	sh.mu.Unlock()
	if !owns {
		r.metrics.drop(dropNotOwner)
		return
	}
	s.answer = a
	s.answer.Kind = swarm.Answer
	if !r.deliverHere(&s.answer, local) {
		r.bus.Publish(s.answer)
	}
	s.answer.SDP = nil
}

// deliver takes a signal from the bus: see tracker.Bus.
func (p *peer) deliver(s *swarm.Signal) bool {
	r := p.relay
	switch s.Kind {
	case swarm.Offer, swarm.Answer:
		if r.deliverHere(s, remote) {
			return true
		}
		r.metrics.drop(dropUnknownPeer)
		return false
	case swarm.Taking:
		r.taken(s)
		return true
	default:
		r.missed(p)
		return true
	}
}

// deliverHere hands an offer or an answer to the session that has the peer it is for, and reports whether
// there is one on this replica. An answer that was not asked for goes no further.
func (r *Relay) deliverHere(s *swarm.Signal, by path) bool {
	sh := r.shardOf(s.To)
	sh.mu.Lock()
	rec := sh.records[key{s.InfoHash, s.To}]
	var session *Session
	if rec != nil {
		session = rec.session
	}
	sh.mu.Unlock()
	switch {
	case session == nil:
		return false
	case s.Kind == swarm.Offer:
		session.receiver.Offer(s)
	case session.asked(asking{s.InfoHash, s.OfferID, s.From}):
		session.receiver.Answer(s)
	default:
		r.metrics.drop(dropUnasked)
		return true
	}
	r.metrics.signals[s.Kind][by].Inc()
	return true
}

// asked reports whether the session made an offer not long ago.
func (s *Session) asked(a asking) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending.has(a, s.relay.since())
}

// taken forgets the record that a session of another replica took later than one of ours.
func (r *Relay) taken(s *swarm.Signal) {
	if s.Stamp.Replica == r.replica {
		return
	}
	sh := r.shardOf(s.To)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if rec := sh.records[key{s.InfoHash, s.To}]; rec != nil && rec.session != nil && s.Stamp.After(rec.stamp) {
		r.forget(sh, rec)
		r.metrics.taken.Inc()
	}
}

// missed notes that signals to p may have been missed.
func (r *Relay) missed(p *peer) {
	r.metrics.gaps.Inc()
	sh := r.shardOf(p.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p.deaf = false
	r.mending.addGap(p)
}
