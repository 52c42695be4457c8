package wstracker

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// slots is how many ticks a pulse looks ahead.
	slots = 64
	// minPeriod and maxPeriod are how many ticks lie between the pings of a session. Each has a number
	// of its own, so that those who came together are not pinged together for ever.
	minPeriod, maxPeriod = 30, 45
	// maxMissed is how many pings in a row may be followed by nothing at all.
	maxMissed = 2
	// maxCallTime is how long an announce or a scrape may take. Up to a tick is added to it.
	maxCallTime = 5 * time.Second
)

// A pulse keeps sessions alive: it is one goroutine that pings all of them in turn, each after its own
// number of ticks, and ends those that were not heard of since two pings. A timer of each session's
// own would cost more than all else that an idle session does. It also makes the contexts that bound
// announces, one for all that begin within a tick.
type pulse struct {
	tick  time.Duration
	clock atomic.Uint32                   // ticks
	epoch atomic.Pointer[context.Context] // ends maxCallTime after the next tick

	mu    sync.Mutex // guards ring, and the links of the sessions in it
	slots [slots]*session
}

// A beat is a session's place in a pulse.
type beat struct {
	prev, next *session
	slot       uint32
	period     uint32
	pinged     uint32 // the clock at the last ping
	missed     int
	listed     bool
}

func newPulse(tick time.Duration) *pulse { return &pulse{tick: tick} }

// period returns a random number of ticks between pings.
func period() uint32 {
	return minPeriod + rand.Uint32N(maxPeriod-minPeriod+1) //nolint:gosec // nothing is lost if it is guessed
}

// add begins to ping s, a period from now.
func (p *pulse) add(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.beat.period, s.beat.pinged = period(), p.clock.Load()
	p.insert(s)
}

// remove ends it.
func (p *pulse) remove(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unlink(s)
}

func (p *pulse) insert(s *session) {
	b := &s.beat
	b.slot, b.listed = (p.clock.Load()+b.period)%slots, true
	first := p.slots[b.slot]
	b.prev, b.next = nil, first
	if first != nil {
		first.beat.prev = s
	}
	p.slots[b.slot] = s
}

func (p *pulse) unlink(s *session) {
	b := &s.beat
	if !b.listed {
		return
	}
	if b.prev == nil {
		p.slots[b.slot] = b.next
	} else {
		b.prev.beat.next = b.next
	}
	if b.next != nil {
		b.next.beat.prev = b.prev
	}
	b.prev, b.next, b.listed = nil, nil, false
}

// run ticks until ctx is done.
func (p *pulse) run(ctx context.Context) {
	ticker := time.NewTicker(p.tick)
	defer ticker.Stop()
	for {
		p.renew(ctx)
		select {
		case <-ticker.C:
			p.beat() //nolint:contextcheck // what is written has a deadline, and needs no context
		case <-ctx.Done():
			return
		}
	}
}

// renew makes the context of the announces that begin from now on. It is one of many, since one of each
// announce would cost more than the announce.
func (p *pulse) renew(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, p.tick+maxCallTime)
	context.AfterFunc(ctx, cancel)
	p.epoch.Store(&ctx)
}

// beat pings those whose turn it is.
func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Add(1)
	s := p.slots[now%slots]
	for s != nil {
		next := s.beat.next
		p.unlink(s)
		if s.alive(now) {
			p.insert(s)
		}
		s = next
	}
}

// alive sends a ping, or ends the session when it is of no use any more.
func (s *session) alive(now uint32) bool {
	b := &s.beat
	if int32(s.conn.heard.Load()-b.pinged) >= 0 {
		b.missed = 0
	} else if b.missed++; b.missed >= maxMissed {
		s.end(silent)
		return false
	}
	b.pinged = now
	s.startIf(s.out.askPing())
	return true
}
