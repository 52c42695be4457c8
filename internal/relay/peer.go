package relay

import (
	"context"
	"fmt"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A peer is a browser whose channel this replica subscribes to, because sessions of it have records of the
// browser, or are about to.
type peer struct {
	relay *Relay
	id    bittorrent.PeerID

	// Guarded by the peer's shard.
	users   int           // its records, and sessions that are about to have one
	records []*record     // in any order
	settled chan struct{} // closed when the subscription stands; another one while it ends
	ending  bool
	idle    bool // it is queued, to be left if nobody uses it then
	gap     bool // it is queued, since signals may have been missed
	deaf    bool // signals may not arrive, until the bus says that they do or gives a Gap

	stop func() // set when settled is closed
}

// subscribe returns the peer id, with one user more, when this replica subscribes to its channel. Where that
// fails the bus goes on trying by itself, and says that there was a gap.
func (r *Relay) subscribe(ctx context.Context, id bittorrent.PeerID) (*peer, error) {
	ctx, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	sh := r.shardOf(id)
	for {
		sh.mu.Lock()
		p := sh.peers[id]
		if p == nil {
			p = &peer{relay: r, id: id, users: 1, deaf: true, settled: make(chan struct{})}
			sh.peers[id] = p
			sh.mu.Unlock()
			p.open(ctx)
			return p, nil
		}
		ending, settled := p.ending, p.settled
		if !ending {
			p.users++
		}
		sh.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			if !ending {
				r.unuse(p)
			}
			return nil, fmt.Errorf("%w: subscribe to %v: %w", swarm.RefusedError{Reason: swarm.Busy}, id, ctx.Err())
		}
		if !ending {
			return p, nil
		}
	}
}

// open subscribes to the channel of p, which nobody else does.
func (p *peer) open(ctx context.Context) {
	stop, err := p.relay.bus.Subscribe(ctx, p.id, p.deliver)
	if err != nil {
		p.relay.metrics.subscribeErrors.Inc()
	} else {
		p.hears()
	}
	p.stop = stop
	close(p.settled)
}

func (p *peer) hears() {
	sh := p.relay.shardOf(p.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	p.deaf = false
}

// unuse takes one user from p.
func (r *Relay) unuse(p *peer) {
	sh := r.shardOf(p.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	r.leave(p)
}

// leave takes one user from p, whose shard is locked. Its channel is left by Run, since a signal may be what
// has p left, and buses need not bear that.
func (r *Relay) leave(p *peer) {
	if p.users--; p.users == 0 && !p.idle {
		p.idle = true
		r.leaving.addPeer(p)
	}
}

// unsubscribe leaves the channel of p, unless somebody uses it again. Who comes meanwhile waits: two
// subscriptions of one ID are one too many.
func (r *Relay) unsubscribe(p *peer) {
	sh := r.shardOf(p.id)
	sh.mu.Lock()
	p.idle = false
	if p.users > 0 {
		sh.mu.Unlock()
		return
	}
	p.ending, p.settled = true, make(chan struct{})
	sh.mu.Unlock()

	p.stop()

	sh.mu.Lock()
	delete(sh.peers, p.id)
	sh.mu.Unlock()
	close(p.settled)
}

func (p *peer) add(rec *record) {
	rec.nth = len(p.records)
	p.records = append(p.records, rec)
}

func (p *peer) remove(rec *record) {
	last := len(p.records) - 1
	p.records[rec.nth] = p.records[last]
	p.records[rec.nth].nth = rec.nth
	p.records[last] = nil
	p.records = p.records[:last]
}
