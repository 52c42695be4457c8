package redisbus

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// errMoved says that Redis ended subscriptions by itself, as when the partition's slot moves to another node.
var errMoved = errors.New("redis ended a subscription")

// begin has a new connection told of all entries. It hears nothing so far.
func (p *partition) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.away = true, false
	p.changed = make([]bittorrent.PeerID, 0, len(p.entries))
	for id, e := range p.entries {
		e.changed = true
		p.changed = append(p.changed, id)
		p.entries[id] = e
	}
	p.wake()
}

// end forgets what a connection was told. Every subscriber is owed a Gap but those who wait for their first
// confirmation.
func (p *partition) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.changed = false, nil
	p.round = round{}
	for id, e := range p.entries {
		if e.deliver == nil {
			delete(p.entries, id)
			continue
		}
		_, waits := p.waiting[id]
		e.on, e.changed, e.owed = false, false, !waits
		p.entries[id] = e
	}
}

// fail tells those who wait that Redis is not there, and so those who come, until it is.
func (p *partition) fail(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	for id, confirmed := range p.waiting {
		confirmed <- cause
		e := p.entries[id]
		e.owed = true
		p.entries[id] = e
	}
	clear(p.waiting)
}

// next begins another round, unless one is under way, and returns the channels that Redis is to be told of;
// and whether all entries are as Redis was told and confirmed.
func (p *partition) next() (on, off []string, settled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.round
	if !p.open || r.under() {
		return nil, nil, false
	}
	r.on, r.off, r.done = r.on[:0], r.off[:0], 0
	n := 0
	for ; n < len(p.changed) && len(r.on) < roundSize && len(r.off) < roundSize; n++ {
		id := p.changed[n]
		e := p.entries[id]
		e.changed = false
		switch {
		case e.deliver != nil && !e.on:
			r.on = append(r.on, id)
			on = append(on, p.channels+string(id[:]))
		case e.deliver == nil && e.on:
			e.on = false
			r.off = append(r.off, id)
			off = append(off, p.channels+string(id[:]))
		case e.deliver == nil:
			delete(p.entries, id)
			continue
		}
		p.entries[id] = e
	}
	if p.changed = p.changed[n:]; len(p.changed) == 0 && cap(p.changed) > spareIDs {
		p.changed = nil
	}
	return on, off, !r.under()
}

// confirmed takes what Redis says of a subscription, and returns an error when it was not asked for.
func (p *partition) confirmed(m *redis.Subscription) error {
	name, ok := strings.CutPrefix(m.Channel, p.channels)
	if !ok || len(name) != len(bittorrent.PeerID{}) {
		return fmt.Errorf("%w: %s %q", errMoved, m.Kind, m.Channel)
	}
	gap, err := p.confirm(m.Kind, bittorrent.PeerID([]byte(name)))
	if gap != nil {
		gap(&swarm.Signal{Kind: swarm.Gap, To: bittorrent.PeerID([]byte(name))})
	}
	return err
}

// confirm is confirmed with the lock held. It returns the subscriber that is owed a Gap, if one is.
func (p *partition) confirm(kind string, id bittorrent.PeerID) (gap func(*swarm.Signal) bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := &p.round
	e := p.entries[id]
	switch i := r.done; {
	case i < len(r.on) && kind == "ssubscribe" && r.on[i] == id:
		e.on = true
		if confirmed, waits := p.waiting[id]; waits {
			confirmed <- nil
			delete(p.waiting, id)
		} else if e.owed {
			gap, e.owed = e.deliver, false
		}
		p.entries[id] = e
	case i >= len(r.on) && i < len(r.on)+len(r.off) && kind == "sunsubscribe" && r.off[i-len(r.on)] == id:
		if e.deliver == nil && !e.changed {
			delete(p.entries, id)
		}
	default:
		return nil, fmt.Errorf("%w: %s of %v", errMoved, kind, id)
	}
	if r.done++; !r.under() {
		p.wake()
	}
	return gap, nil
}
