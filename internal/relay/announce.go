package relay

import (
	"context"
	"errors"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Announce records what a says, and pairs offers with others of the swarm: one each, as many as there are.
// It returns the reply and appends the pairs to out, for [Session.Send] once the reply is on its way. When
// the store is away it answers of what this replica's own sessions say. The Interval in the reply is then
// zero. NumWant and Version of a are not looked at.
func (s *Session) Announce(
	ctx context.Context, a swarm.Announce, offers []swarm.Offered, out []swarm.Signal,
) (swarm.Reply, []swarm.Signal, error) {
	if a.Event == bittorrent.Stopped {
		reply, err := s.stop(ctx, &a)
		return reply, out, err
	}
	rec, err := s.take(ctx, &a)
	if err != nil {
		return swarm.Reply{}, out, err
	}
	a.NumWant = len(offers)
	peers, _ := s.relay.lists.Get().(*swarm.Peers)
	reply, err := s.write(ctx, rec, &a, peers)
	if err == nil {
		out = s.pair(&a, offers, peers[swarm.WebRTC], out)
	}
	peers.Reset()
	s.relay.lists.Put(peers)
	return reply, out, err
}

// take makes the announcer of a one of this session's records, which is about to be written.
func (s *Session) take(ctx context.Context, a *swarm.Announce) (*record, error) {
	r, k := s.relay, key{a.InfoHash, a.Peer.ID()}
	sh := r.shardOf(k.id)
	sh.mu.Lock()
	rec, err := sh.settled(ctx, k)
	if err != nil || rec == nil || rec.session != s {
		sh.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return s.takeOver(ctx, k, a.Seeder)
	}
	defer sh.mu.Unlock()
	rec.writing, rec.announced = true, r.since()
	r.assume(rec, a.Seeder)
	return rec, nil
}

// takeOver is take for the first announce of a record on this session.
func (s *Session) takeOver(ctx context.Context, k key, seeder bool) (*record, error) {
	r := s.relay
	if err := s.mayAdd(); err != nil {
		return nil, err
	}
	p, err := r.subscribe(ctx, k.id)
	if err != nil {
		return nil, err
	}
	sh := r.shardOf(k.id)
	sh.mu.Lock()
	rec, err := sh.settled(ctx, k)
	switch {
	case err != nil:
		r.leave(p)
		sh.mu.Unlock()
		return nil, err
	case rec == nil:
		rec = &record{key: k, peer: p, session: s, seeder: seeder}
		r.add(sh, rec)
	default: // of another session of this replica, perhaps half open
		rec.session.remove(rec)
		rec.session = s
		s.add(rec)
		r.leave(p) // which the record uses already
		r.assume(rec, seeder)
	}
	rec.writing, rec.announced, rec.taking = true, r.since(), untold
	rec.stamp = r.stampAfter(rec.stamp)
	taking := swarm.Signal{Kind: swarm.Taking, To: k.id, InfoHash: k.hash, Stamp: rec.stamp}
	sh.mu.Unlock()
	r.bus.Publish(taking)
	return rec, nil
}

// stampAfter returns a stamp of now, or a little later when the clock is not past last.
func (r *Relay) stampAfter(last swarm.Stamp) swarm.Stamp {
	return swarm.Stamp{Time: max(r.opts.Now().UnixMicro(), last.Time+1), Replica: r.replica}
}

// assume notes the role of rec, whose shard is locked.
func (r *Relay) assume(rec *record, seeder bool) {
	if rec.seeder != seeder {
		rec.seeder = seeder
		r.rooms.move(rec, seeder)
	}
}

// write tells the store of rec, which is marked as being written, or answers without it.
func (s *Session) write(ctx context.Context, rec *record, a *swarm.Announce, peers *swarm.Peers) (swarm.Reply, error) {
	r, err := s.relay, errPanicked
	var reply swarm.Reply
	defer func() { r.wrote(rec, reply.Version, err) }()
	reply, err = r.tracker.Announce(ctx, *a, peers)
	if away(err) {
		return r.answerAlone(a, peers, err), nil
	}
	return reply, err
}

// errPanicked is what a write that did not return is noted with.
var errPanicked = errors.New("the store panicked")

// wrote notes what came of the write of rec by an announce.
func (r *Relay) wrote(rec *record, version swarm.Version, err error) {
	sh := r.shardOf(rec.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.free(rec)
	switch {
	case rec.session == nil: // taken elsewhere meanwhile, and perhaps written before us
	case err == nil:
		rec.version, rec.unwritten = version, false
		if !rec.peer.deaf { // or its Taking may have found no bus either
			rec.taking = told
		}
	case away(err):
		r.mendLater(rec)
	default: // there is no room for it
		r.forget(sh, rec)
		r.release(rec)
	}
}

// stop removes a peer that leaves its swarm. Where the store is away that is done when it is back.
func (s *Session) stop(ctx context.Context, a *swarm.Announce) (swarm.Reply, error) {
	r, k := s.relay, key{a.InfoHash, a.Peer.ID()}
	a.NumWant, a.Version = 0, 0 // which removes nothing
	sh := r.shardOf(k.id)
	sh.mu.Lock()
	rec, err := sh.settled(ctx, k)
	var left swarm.Record
	if err == nil && rec != nil && rec.session == s {
		left = rec.stored()
		a.Version = left.Version
		r.forget(sh, rec)
	}
	sh.mu.Unlock()
	if err != nil {
		return swarm.Reply{}, err
	}
	none := new(swarm.Peers) // of a list
	reply, err := r.tracker.Announce(ctx, *a, none)
	if away(err) {
		if left.Version != 0 {
			r.leaving.addLate([]swarm.Record{left}, r.since()+r.opts.Lease)
		}
		return r.answerAlone(a, none, err), nil
	}
	return reply, err
}
