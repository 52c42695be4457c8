package relay_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A wire joins the buses of several replicas in one process. It delivers at once, in the caller's goroutine,
// and has faults.
type wire struct {
	mu   sync.Mutex // guards what follows, and what ends say
	ends []*end
	lose func(s *swarm.Signal) bool // whether a signal is lost between replicas; nil: none is
}

// An end is the bus of one replica.
type end struct {
	wire      *wire
	subs      map[bittorrent.PeerID]func(*swarm.Signal) bool
	away      bool // nothing goes in or out
	published []swarm.Signal
	subscribe func(context.Context) // called by each Subscribe, if it is not nil
	stop      func()                // the same by each stop
}

func (w *wire) join() *end {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := &end{wire: w, subs: map[bittorrent.PeerID]func(*swarm.Signal) bool{}}
	w.ends = append(w.ends, e)
	return e
}

func (e *end) Publish(signals ...swarm.Signal) {
	for i := range signals {
		s := signals[i]
		for _, deliver := range e.route(&s) {
			deliver(&s)
		}
	}
}

// route returns to whom s goes outside of this replica, if nobody of this one accepts it.
func (e *end) route(s *swarm.Signal) (to []func(*swarm.Signal) bool) {
	w := e.wire
	w.mu.Lock()
	e.published = append(e.published, *s)
	here := e.subs[s.To]
	w.mu.Unlock()
	if s.Kind != swarm.Taking && here != nil && here(s) {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.away || w.lose != nil && w.lose(s) {
		return nil
	}
	for _, other := range w.ends {
		if deliver := other.subs[s.To]; other != e && !other.away && deliver != nil {
			to = append(to, deliver)
		}
	}
	return to
}

var errAway = errors.New("the bus is away")

func (e *end) Subscribe(ctx context.Context, id bittorrent.PeerID, deliver func(*swarm.Signal) bool) (func(), error) {
	if e.subscribe != nil {
		e.subscribe(ctx)
	}
	w := e.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.subs[id] != nil {
		panic("subscribed to twice")
	}
	e.subs[id] = deliver
	stop := func() {
		if e.stop != nil {
			e.stop()
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(e.subs, id)
	}
	if e.away {
		return stop, errAway
	}
	return stop, nil
}

// cut takes the replica off the wire, and mend puts it back: all its subscribers have missed something.
func (e *end) cut() {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	e.away = true
}

func (e *end) mend() {
	e.wire.mu.Lock()
	e.away = false
	gaps := maps.Clone(e.subs)
	e.wire.mu.Unlock()
	for id, deliver := range gaps {
		deliver(&swarm.Signal{Kind: swarm.Gap, To: id})
	}
}

// leave takes the replica off the wire for good.
func (e *end) leave() {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	e.away = true
	e.wire.ends = slices.DeleteFunc(e.wire.ends, func(other *end) bool { return other == e })
}

// subscribed returns to how many IDs the replica subscribes.
func (e *end) subscribed() int {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	return len(e.subs)
}

// sent returns how many signals of a kind the replica published.
func (e *end) sent(kind swarm.SignalKind) (n int) {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	for _, s := range e.published {
		if s.Kind == kind {
			n++
		}
	}
	return n
}
