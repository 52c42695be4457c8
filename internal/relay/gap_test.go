package relay_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

// missTaking has browser 1 move from a session of the first replica, which does not hear of it, to one of the
// second.
func (x *net) missTaking(r []*replica) (old, young *socket) {
	old, young = r[0].open(), r[1].open()
	old.say(1, swarm.Announce{Seeder: true})
	r[0].bus.cut()
	wait(time.Millisecond)
	young.say(1, swarm.Announce{Seeder: true})
	return old, young
}

func TestAfterAGapWhatWasTakenIsForgotten(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		old, young := x.missTaking(r)
		wait(time.Millisecond)
		if !old.Seeder(hash(1), browser(1)) {
			t.Fatal("got it forgotten before the gap was known")
		}
		r[0].bus.mend()
		wait(2 * time.Second)
		if old.Seeder(hash(1), browser(1)) {
			t.Error("after the gap: got the record kept")
		}
		old.Close()
		wait(3 * lease)
		x.wantMembers("the old session closed", 1)
		young.Close()
		wait(time.Millisecond)
		x.wantMembers("both closed", 0)
		if got := r[0].metric("starling_webrtc_gaps_total"); got != 1 {
			t.Errorf("got %d gaps, want 1", got)
		}
	})
}

func TestAfterAGapWhatIsGoneIsWrittenAndToldOfAgain(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		s.join(1)
		x.store.lose(1)
		x.wantMembers("the store lost it", 0)
		r[0].bus.cut()
		r[0].bus.mend()
		wait(3 * time.Second)
		x.wantMembers("after the gap", 1)
		if got := r[0].bus.sent(swarm.Taking); got != 2 {
			t.Errorf("got %d Takings, want 2", got)
		}
	})
}

func TestAfterAGapWhatIsHeldIsLeftAlone(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		var s *socket
		for n := range 3000 {
			if n%1000 == 0 {
				s = r[0].open()
			}
			s.say(n%1000, swarm.Announce{InfoHash: hash(1 + n/1000), Seeder: true})
		}
		renewals := r[0].metric("starling_webrtc_renewals_total")
		r[0].bus.cut()
		r[0].bus.mend()
		wait(1100 * time.Millisecond)
		if got := r[0].door.calls[examining].Load(); got < 6 || got > 9 {
			t.Errorf("a gap of 1,000 browsers, 3,000 records: got %d calls of the store, want few", got)
		}
		if got := r[0].metric("starling_webrtc_renewals_total") - renewals; got > 300 {
			t.Errorf("got %d renewals in a second, want no more than are due", got)
		}
		if !s.Seeder(hash(3), browser(999)) || r[0].bus.sent(swarm.Taking) != 3000 {
			t.Errorf("got records forgotten, or told of again: %d Takings", r[0].bus.sent(swarm.Taking))
		}
	})
}

func TestAGapIsLookedIntoOnceTheStoreIsBack(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		old, _ := x.missTaking(r)
		r[0].door.shut.Store(true)
		r[0].bus.mend()
		wait(1500 * time.Millisecond)
		r[0].door.shut.Store(false)
		wait(2 * time.Second)
		if old.Seeder(hash(1), browser(1)) {
			t.Error("got the record kept, want it forgotten")
		}
	})
}

// Redis was away when the browser moved, so its old replica heard of nothing and is the last to write.
func TestWhoCameWhileNobodyCouldBeToldIsNotForgottenForIt(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		old, young := r[0].open(), r[1].open()
		old.say(1, swarm.Announce{Seeder: true})
		for _, each := range r {
			each.door.shut.Store(true)
			each.bus.cut()
		}
		wait(time.Millisecond)
		young.say(1, swarm.Announce{Seeder: true})
		for _, each := range r {
			each.door.shut.Store(false)
		}
		wait(1200 * time.Millisecond)
		x.store.takeAway(1)
		r[1].bus.mend()
		r[0].bus.mend()
		wait(3 * time.Second)
		if !young.Seeder(hash(1), browser(1)) {
			t.Error("got the new session's record forgotten")
		}
		if old.Seeder(hash(1), browser(1)) {
			t.Error("got the old session's record kept")
		}
	})
}

// The bus alone was away when the browser moved, as when one node of a Cluster is: the store took the write, but
// its old replica was not told, and may be the last to write.
func TestWhoseTakingFoundNoBusIsNotForgottenForIt(t *testing.T) {
	for _, oldIsLast := range []bool{false, true} {
		inBubble(t, 2, func(x *net, r []*replica) {
			old, young := r[0].open(), r[1].open()
			old.say(1, swarm.Announce{Seeder: true})
			r[1].bus.cut()
			wait(time.Millisecond)
			young.say(1, swarm.Announce{Seeder: true})
			young.say(1, swarm.Announce{Seeder: true})
			if oldIsLast {
				x.store.takeAway(1)
			}
			r[1].bus.mend()
			wait(3 * time.Second)
			if !young.Seeder(hash(1), browser(1)) {
				t.Errorf("old is last %v: got the new session's record forgotten", oldIsLast)
			}
			if old.Seeder(hash(1), browser(1)) {
				t.Errorf("old is last %v: got the old session's record kept", oldIsLast)
			}
			old.Close()
			wait(time.Millisecond)
			x.wantMembers("the old session closed", 1)
		})
	}
}
