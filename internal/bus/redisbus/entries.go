package redisbus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// roundSize is how many channels Redis is told of at a time, each way. It confirms them before it is told of
// more, so its buffers stay small, and others are served in between, also while all subscriptions of a
// partition are made again.
const roundSize = 500

// spareIDs is how many IDs a list has room for that is kept for later.
const spareIDs = 4096

var errAway = errors.New("redis was not reached a moment ago")

// A partition is the subscribers to the channels of one partition, and what Redis was told of them.
type partition struct {
	bus      *Bus
	channels string // what their names begin with
	probe    string // the channel of probes
	lane     *lane
	needed   chan struct{} // closed with the first subscription
	need     func()        // closes it
	woken    chan struct{} // has a value when the keeper may have something to do

	mu      sync.RWMutex // guards what follows
	entries map[bittorrent.PeerID]entry
	waiting map[bittorrent.PeerID]chan error
	number  uint32              // of the last subscription
	open    bool                // Redis is told of changes
	away    bool                // Redis was not reached when that was last tried
	changed []bittorrent.PeerID // whose entries are not as Redis was told
	round   round
}

// An entry is the subscription to a browser's signals, or what is left of it.
type entry struct {
	deliver func(*swarm.Signal) bool // nil when it was stopped and Redis may not know
	number  uint32                   // tells it from others of the same browser
	on      bool                     // Redis has confirmed it and was told nothing else since
	changed bool                     // it is in partition.changed
	owed    bool                     // its subscriber gets a Gap when it is on
}

// A round is what Redis was told and has to confirm, which it does in this order.
type round struct {
	on, off []bittorrent.PeerID
	done    int // confirmed of both
}

func (r *round) under() bool { return r.done < len(r.on)+len(r.off) }

func newPartition(b *Bus, channels string) *partition {
	p := &partition{
		bus:      b,
		channels: channels,
		needed:   make(chan struct{}),
		woken:    make(chan struct{}, 1),
		entries:  make(map[bittorrent.PeerID]entry),
		waiting:  make(map[bittorrent.PeerID]chan error),
	}
	p.need = sync.OnceFunc(func() { close(p.needed) })
	return p
}

// deliver passes s on to the subscriber here, if there is one, and reports whether it accepts.
func (p *partition) deliver(s *swarm.Signal) bool {
	deliver := p.subscriber(s.To)
	return deliver != nil && deliver(s)
}

func (p *partition) subscriber(id bittorrent.PeerID) func(*swarm.Signal) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.entries[id].deliver
}

// subscribe is Bus.Subscribe.
func (p *partition) subscribe(
	ctx context.Context, id bittorrent.PeerID, deliver func(*swarm.Signal) bool,
) (stop func(), err error) {
	p.need()
	number, confirmed := p.enter(id, deliver)
	stop = func() { p.stop(id, number) }
	select {
	case err = <-confirmed:
	case <-ctx.Done():
		err = p.leave(ctx, id, number, confirmed)
	}
	if err != nil {
		err = fmt.Errorf("subscribe to %v: %w", id, err)
	}
	return stop, err
}

// enter makes the entry of a subscription and returns what gets a value when it is known whether signals
// arrive.
func (p *partition) enter(id bittorrent.PeerID, deliver func(*swarm.Signal) bool) (number uint32, confirmed chan error) {
	confirmed = make(chan error, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[id]
	if e.deliver == nil {
		p.bus.metrics.subscriptions.Inc()
	}
	p.number++
	e.deliver, e.number = deliver, p.number
	switch e.owed = p.away; {
	case p.away:
		confirmed <- errAway
	case e.on:
		confirmed <- nil
	default:
		p.waiting[id] = confirmed
		p.change(id, &e)
	}
	p.entries[id] = e
	return e.number, confirmed
}

// leave ends the wait for a confirmation. Its subscriber gets a Gap once it is there, unless it just came.
func (p *partition) leave(ctx context.Context, id bittorrent.PeerID, number uint32, confirmed chan error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case err := <-confirmed:
		return err
	default:
	}
	if p.waiting[id] == confirmed {
		delete(p.waiting, id)
	}
	if e := p.entries[id]; e.number == number {
		e.owed = true
		p.entries[id] = e
	}
	return ctx.Err()
}

// stop ends the subscription with this number.
func (p *partition) stop(id bittorrent.PeerID, number uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[id]
	if e.deliver == nil || e.number != number {
		return
	}
	p.bus.metrics.subscriptions.Dec()
	if !p.open {
		delete(p.entries, id)
		return
	}
	e.deliver, e.owed = nil, false
	p.change(id, &e)
	p.entries[id] = e
}

// change has the keeper compare e with what Redis was told. While there is no connection all entries are to
// be compared with the next one anyway. The caller has the lock, and keeps e.
func (p *partition) change(id bittorrent.PeerID, e *entry) {
	if !p.open || e.changed {
		return
	}
	e.changed = true
	p.changed = append(p.changed, id)
	p.wake()
}

func (p *partition) wake() {
	select {
	case p.woken <- struct{}{}:
	default:
	}
}
