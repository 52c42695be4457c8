// Package bustest is the contract of tracker.Bus as tests: what every bus must do, a subtest a sentence.
// A bus's own test is an open function, a call of [Run], and one of [RunFleet] when replicas share it.
package bustest

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Open opens the buses of so many replicas, which share nothing with those of other calls, for one test.
type Open func(t testing.TB, replicas int) []tracker.Bus

// patience is how long a signal may take.
const patience = 20 * time.Second

// Run holds the buses that open opens to what the contract says of one replica.
func Run(t *testing.T, open Open) {
	for name, test := range aloneTests {
		t.Run(name, func(t *testing.T) { test(t, open(t, 1)[0]) })
	}
}

// RunFleet holds them to what it says of two replicas.
func RunFleet(t *testing.T, open Open) {
	for name, test := range fleetTests {
		t.Run(name, func(t *testing.T) {
			buses := open(t, 2)
			test(t, buses[0], buses[1])
		})
	}
}

// An Inbox keeps what is delivered to one subscriber, for tests.
type Inbox struct {
	tb       testing.TB
	what     string
	declines bool
	signals  chan swarm.Signal
}

// inboxSize is how many signals an inbox holds; those beyond are not accepted.
const inboxSize = 4096

// NewInbox returns an inbox that accepts what is delivered to it.
func NewInbox(tb testing.TB, what string) *Inbox {
	return &Inbox{tb: tb, what: what, signals: make(chan swarm.Signal, inboxSize)}
}

// Declining returns an inbox that keeps what is delivered to it, and says that it does not accept it.
func Declining(tb testing.TB, what string) *Inbox {
	i := NewInbox(tb, what)
	i.declines = true
	return i
}

// Deliver is what the inbox subscribes with.
func (i *Inbox) Deliver(s *swarm.Signal) bool {
	select {
	case i.signals <- *s:
		return !i.declines
	default:
		return false
	}
}

// Subscribe subscribes the inbox to the signals to id, which must succeed.
func (i *Inbox) Subscribe(bus tracker.Bus, id bittorrent.PeerID) (stop func()) {
	i.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stop, err := bus.Subscribe(ctx, id, i.Deliver)
	if err != nil {
		i.tb.Fatalf("%s: subscribe to %v: %v", i.what, id, err)
	}
	return stop
}

// Next returns the next signal, for which it waits.
func (i *Inbox) Next() swarm.Signal {
	i.tb.Helper()
	select {
	case s := <-i.signals:
		return s
	case <-time.After(patience):
		i.tb.Fatalf("%s: got no signal in %v", i.what, patience)
		return swarm.Signal{}
	}
}

// Want fails the test unless the next signals are want.
func (i *Inbox) Want(want ...swarm.Signal) {
	i.tb.Helper()
	for n := range want {
		if diff := cmp.Diff(want[n], i.Next()); diff != "" {
			i.tb.Errorf("%s: signal %d, -want +got:\n%s", i.what, n, diff)
		}
	}
}

// WantNone fails the test when a signal is there.
func (i *Inbox) WantNone() {
	i.tb.Helper()
	select {
	case s := <-i.signals:
		i.tb.Errorf("%s: got %v from %v, want none", i.what, s.Kind, s.From)
	default:
	}
}

// ID returns the n-th peer ID.
func ID(n int) bittorrent.PeerID {
	id := bittorrent.PeerID([]byte("-WW0001-............"))
	binary.BigEndian.PutUint32(id[16:], uint32(n))
	return id
}

// Offer returns an offer with the number n to the browser to, no field of which is zero but Stamp.
func Offer(to bittorrent.PeerID, n int) swarm.Signal {
	s := swarm.Signal{Kind: swarm.Offer, To: to, From: ID(1_000_000 + n), InfoHash: bittorrent.InfoHash{7, byte(n)}}
	binary.BigEndian.PutUint32(s.OfferID[16:], uint32(n)+1)
	s.SDP = fmt.Appendf(nil, `{"type":"offer","sdp":"v=0\r\no=- %d ü"}`, n)
	return s
}

// Answer is as Offer, with an answer.
func Answer(to bittorrent.PeerID, n int) swarm.Signal {
	s := Offer(to, n)
	s.Kind = swarm.Answer
	return s
}

// Taking returns a notice that to was taken at the time n.
func Taking(to bittorrent.PeerID, n int) swarm.Signal {
	return swarm.Signal{
		Kind: swarm.Taking, To: to, InfoHash: bittorrent.InfoHash{8, byte(n)},
		Stamp: swarm.Stamp{Time: int64(n), Replica: 1<<63 + 5},
	}
}
