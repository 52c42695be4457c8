package bustest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
)

var aloneTests = map[string]func(*testing.T, tracker.Bus){
	"SignalsReachTheirBrowserAndNoOther":  signalsReachTheirBrowser,
	"AnOfferAndAnAnswerComeAsTheyAre":     signalsComeAsTheyAre,
	"TakingsAreForTheOtherReplicas":       takingsAreForOthers,
	"NothingComesAfterStop":               nothingAfterStop,
	"ABrowserMayBeSubscribedAgain":        subscribedAgain,
	"AStopAfterItsTimeDoesNothing":        lateStop,
	"PublishKeepsNothingOfTheSignals":     publishKeepsNothing,
	"SubscribersMayCallTheBus":            subscribersMayCall,
	"WhatIsPublishedHereArrivesInAnyCase": arrivesHereInAnyCase,
	"EverythingMayBeCalledAtTheSameTime":  allAtOnce,
	"SignalsToNobodyAreNoProblem":         signalsToNobody,
	"EachOfManyBrowsersGetsItsOwnSignals": manyBrowsers,
}

func signalsReachTheirBrowser(t *testing.T, bus tracker.Bus) {
	a, b := NewInbox(t, "a"), NewInbox(t, "b")
	defer a.Subscribe(bus, ID(1))()
	defer b.Subscribe(bus, ID(2))()
	bus.Publish(Offer(ID(1), 1), Offer(ID(2), 2), Offer(ID(1), 3))
	a.Want(Offer(ID(1), 1), Offer(ID(1), 3))
	b.Want(Offer(ID(2), 2))
	a.WantNone()
	b.WantNone()
}

func signalsComeAsTheyAre(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "a")
	defer in.Subscribe(bus, ID(1))()
	bus.Publish(Offer(ID(1), 1), Answer(ID(1), 2))
	in.Want(Offer(ID(1), 1), Answer(ID(1), 2))
}

func takingsAreForOthers(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "a")
	defer in.Subscribe(bus, ID(1))()
	bus.Publish(Taking(ID(1), 1), Offer(ID(1), 2))
	in.Want(Offer(ID(1), 2))
	in.WantNone()
}

func nothingAfterStop(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "a")
	stop := in.Subscribe(bus, ID(1))
	stop()
	bus.Publish(Offer(ID(1), 1))
	in.WantNone()
}

func subscribedAgain(t *testing.T, bus tracker.Bus) {
	for n := range 100 {
		in := NewInbox(t, "the same browser again")
		stop := in.Subscribe(bus, ID(1))
		bus.Publish(Offer(ID(1), n))
		in.Want(Offer(ID(1), n))
		stop()
	}
}

func lateStop(t *testing.T, bus tracker.Bus) {
	a, b := NewInbox(t, "a"), NewInbox(t, "the next")
	stop := a.Subscribe(bus, ID(1))
	stop()
	defer b.Subscribe(bus, ID(1))()
	stop()
	bus.Publish(Offer(ID(1), 1))
	b.Want(Offer(ID(1), 1))
	a.WantNone()
}

func publishKeepsNothing(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "a")
	defer in.Subscribe(bus, ID(1))()
	signals := make([]swarm.Signal, 1)
	for n := range 100 {
		signals[0] = Offer(ID(1), n)
		bus.Publish(signals...)
		signals[0] = swarm.Signal{}
		in.Want(Offer(ID(1), n))
	}
}

func subscribersMayCall(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "who is answered")
	defer in.Subscribe(bus, ID(2))()
	var stop func()
	ready := make(chan struct{})
	stop, err := bus.Subscribe(t.Context(), ID(1), func(s *swarm.Signal) bool {
		<-ready
		bus.Publish(Answer(ID(2), 1))
		stop()
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	bus.Publish(Offer(ID(1), 1))
	in.Want(Answer(ID(2), 1))
	bus.Publish(Offer(ID(1), 2))
	in.WantNone()
}

func arrivesHereInAnyCase(t *testing.T, bus tracker.Bus) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for n := range 20 {
		in := NewInbox(t, "who did not wait")
		stop, _ := bus.Subscribe(ctx, ID(n), in.Deliver)
		if stop == nil {
			t.Fatal("got no stop")
		}
		bus.Publish(Offer(ID(n), n))
		if got := in.Next(); got.Kind == swarm.Gap {
			in.Want(Offer(ID(n), n))
		} else if got.OfferID != Offer(ID(n), n).OfferID {
			t.Errorf("got %v %v, want the offer", got.Kind, got.OfferID)
		}
		stop()
	}
}

func allAtOnce(t *testing.T, bus tracker.Bus) {
	const browsers, rounds = 16, 50
	var all sync.WaitGroup
	var delivered atomic.Int64
	for n := range browsers {
		all.Go(func() {
			for range rounds {
				stop, err := bus.Subscribe(t.Context(), ID(n), func(*swarm.Signal) bool {
					delivered.Add(1)
					return true
				})
				if err != nil {
					t.Errorf("subscribe: %v", err)
				}
				bus.Publish(Offer(ID(n), 1), Offer(ID((n+1)%browsers), 2), Taking(ID(n), 3))
				stop()
			}
		})
	}
	all.Wait()
	if got := delivered.Load(); got < browsers*rounds {
		t.Errorf("got %d signals delivered, want at least the %d to browsers that published themselves", got, browsers*rounds)
	}
}

func signalsToNobody(t *testing.T, bus tracker.Bus) {
	in := NewInbox(t, "a")
	defer in.Subscribe(bus, ID(1))()
	bus.Publish()
	bus.Publish(Offer(ID(9), 1), Answer(ID(9), 2), Taking(ID(9), 3), Offer(ID(1), 4))
	in.Want(Offer(ID(1), 4))
}

// manyBrowsers makes so many subscriptions at once that a busy machine may not have all of them confirmed.
// They stand all the same.
func manyBrowsers(t *testing.T, bus tracker.Bus) {
	const browsers = 5_000
	got := make([]atomic.Int32, browsers)
	stops := make([]func(), browsers)
	var subscribing sync.WaitGroup
	for n := range browsers {
		subscribing.Go(func() {
			stops[n], _ = bus.Subscribe(t.Context(), ID(n), func(s *swarm.Signal) bool {
				if s.To == ID(n) && s.Kind == swarm.Offer {
					got[n].Add(1)
				}
				return true
			})
		})
	}
	subscribing.Wait()
	for n := range browsers {
		bus.Publish(Offer(ID(n), n))
	}
	for n := range browsers {
		if got := got[n].Load(); got != 1 {
			t.Fatalf("browser %d: got %d offers of its own, want 1", n, got)
		}
		stops[n]()
	}
}
