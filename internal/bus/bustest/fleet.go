package bustest

import (
	"context"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
)

var fleetTests = map[string]func(t *testing.T, here, there tracker.Bus){
	"SignalsCrossAsTheyAre":                     signalsCross,
	"OnceSubscribedSignalsFromAnywhereArrive":   onceSubscribed,
	"WhatIsAcceptedHereGoesNoFurther":           acceptedGoesNoFurther,
	"WhatIsNotAcceptedHereGoesOn":               declinedGoesOn,
	"ATakingGoesOutAndDoesNotComeBack":          takingsGoOut,
	"SignalsToABrowserKeepTheirOrder":           orderIsKept,
	"NothingCrossesAfterStop":                   nothingCrossesAfterStop,
	"AfterAnErrorAGapSaysWhenSignalsWillArrive": gapAfterAnError,
	"ABrowserThatComesAndGoesIsReached":         comesAndGoes,
}

func signalsCross(t *testing.T, here, there tracker.Bus) {
	in := NewInbox(t, "there")
	defer in.Subscribe(there, ID(1))()
	empty := Offer(ID(1), 4)
	empty.SDP = []byte(`{}`)
	here.Publish(Offer(ID(1), 1), Answer(ID(1), 2), Taking(ID(1), 3), empty)
	in.Want(Offer(ID(1), 1), Answer(ID(1), 2), Taking(ID(1), 3), empty)
}

func onceSubscribed(t *testing.T, here, there tracker.Bus) {
	for n := range 200 {
		in := NewInbox(t, "there")
		defer in.Subscribe(there, ID(n))()
		here.Publish(Offer(ID(n), n))
		in.Want(Offer(ID(n), n))
	}
}

func acceptedGoesNoFurther(t *testing.T, here, there tracker.Bus) {
	accepting, other := NewInbox(t, "here"), NewInbox(t, "there")
	stop := accepting.Subscribe(here, ID(1))
	defer other.Subscribe(there, ID(1))()
	here.Publish(Offer(ID(1), 1))
	accepting.Want(Offer(ID(1), 1))
	stop()
	here.Publish(Offer(ID(1), 2)) // behind the first, had that been sent
	other.Want(Offer(ID(1), 2))
}

func declinedGoesOn(t *testing.T, here, there tracker.Bus) {
	declining, other := Declining(t, "here"), NewInbox(t, "there")
	defer declining.Subscribe(here, ID(1))()
	defer other.Subscribe(there, ID(1))()
	here.Publish(Offer(ID(1), 1), Answer(ID(1), 2))
	declining.Want(Offer(ID(1), 1), Answer(ID(1), 2))
	other.Want(Offer(ID(1), 1), Answer(ID(1), 2))
	there.Publish(Taking(ID(1), 3)) // behind what might have come back
	declining.Want(Taking(ID(1), 3))
}

func takingsGoOut(t *testing.T, here, there tracker.Bus) {
	own, other := NewInbox(t, "here"), Declining(t, "there")
	defer own.Subscribe(here, ID(1))()
	defer other.Subscribe(there, ID(1))()
	here.Publish(Taking(ID(1), 1))
	other.Want(Taking(ID(1), 1))
	there.Publish(Offer(ID(1), 2)) // behind what might have come back
	own.Want(Offer(ID(1), 2))
}

func orderIsKept(t *testing.T, here, there tracker.Bus) {
	in := NewInbox(t, "there")
	defer in.Subscribe(there, ID(1))()
	const signals = 1000
	for n := range signals {
		here.Publish(Offer(ID(1), n))
	}
	for n := range signals {
		if got, want := in.Next().OfferID, Offer(ID(1), n).OfferID; got != want {
			t.Fatalf("signal %d: got offer %v, want %v", n, got, want)
		}
	}
}

func nothingCrossesAfterStop(t *testing.T, here, there tracker.Bus) {
	stopped, next := NewInbox(t, "stopped"), NewInbox(t, "the next")
	stopped.Subscribe(there, ID(1))()
	here.Publish(Offer(ID(1), 1))
	defer next.Subscribe(there, ID(1))()
	here.Publish(Offer(ID(1), 2))
	for next.Next().OfferID != Offer(ID(1), 2).OfferID { // the first may have been under way until then
	}
	stopped.WantNone()
}

func gapAfterAnError(t *testing.T, here, there tracker.Bus) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	failures := 0
	for n := range 20 {
		in := NewInbox(t, "there")
		stop, err := there.Subscribe(done, ID(n), in.Deliver)
		if err != nil {
			failures++
			in.Want(swarm.Signal{Kind: swarm.Gap, To: ID(n)})
		}
		here.Publish(Offer(ID(n), n))
		in.Want(Offer(ID(n), n))
		stop()
	}
	if failures == 0 {
		t.Error("got no error of 20 subscriptions that nobody waits for, want some")
	}
}

func comesAndGoes(t *testing.T, here, there tracker.Bus) {
	for n := range 200 {
		NewInbox(t, "passing").Subscribe(there, ID(1))()
		in := NewInbox(t, "there")
		stop := in.Subscribe(there, ID(1))
		here.Publish(Offer(ID(1), n))
		in.Want(Offer(ID(1), n))
		stop()
	}
}
