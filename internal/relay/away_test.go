package relay_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestWhileTheStoreIsAwayAnnouncesAreAnsweredFromOwnSessions(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		s, far := r[0].open(), r[1].open()
		far.join(99)
		for n := range 5 {
			s.say(n, swarm.Announce{Seeder: n < 2})
		}
		for _, each := range r {
			each.door.shut.Store(true)
			each.bus.cut()
		}
		next := r[0].open()
		reply, pairs := next.say(5, swarm.Announce{Event: bittorrent.Started}, offers('x', 10)...)
		if reply.Seeders != 2 || reply.Leechers != 4 || len(pairs) != 5 {
			t.Errorf("got %+v and %d pairs, want 2 seeders, 4 leechers, 5 pairs", reply, len(pairs))
		}
		next.Send(pairs)
		if got, _ := s.got(); len(got) != 5 {
			t.Errorf("got %d offers delivered, want 5", len(got))
		}
		for range 20 {
			_, pairs = s.say(0, swarm.Announce{Seeder: true}, offers('x', 5)...)
			if len(pairs) != 5 || pairs[4].To != browser(1) {
				t.Fatalf("a seeder: got %v, want the 4 leechers, and then the seeder", pairs)
			}
		}
		_, pairs = s.say(1, swarm.Announce{}, offers('x', 2)...)
		reply, _ = s.say(0, swarm.Announce{Event: bittorrent.Stopped})
		if reply.Seeders != 0 || reply.Leechers != 5 || len(pairs) != 2 {
			t.Errorf("a seeder leeches, and one stopped: got %+v, %d pairs", reply, len(pairs))
		}
		if got := r[0].metric("starling_webrtc_alone_total"); got != 23 {
			t.Errorf("got %d answers counted, want 23", got)
		}
	})
}

func TestWhatWasAnnouncedMeanwhileIsWrittenSoonAndTold(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		old := r[1].open()
		old.say(1, swarm.Announce{Seeder: true})
		r[0].door.shut.Store(true)
		r[0].bus.cut()
		wait(time.Millisecond)
		s := r[0].open()
		for n := range 900 {
			s.join(n)
		}
		s.leave(899)
		wait(10 * time.Second)
		r[0].bus.mend()
		r[0].door.shut.Store(false)
		wait(2 * time.Second)
		x.wantMembers("it is back", 899)
		if old.Seeder(hash(1), browser(1)) {
			t.Error("got the old session's record kept, want that it was told")
		}
		s.Close()
		wait(time.Millisecond)
		x.wantMembers("all closed", 0)
	})
}

func TestAFullStoreRefusesAndNothingIsKept(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		s.join(0)
		for _, tt := range []struct {
			err  error
			kept bool
		}{
			{swarm.RefusedError{Reason: swarm.Overloaded}, false},
			{errors.New("broken"), true},
			{swarm.RefusedError{Reason: swarm.Busy}, true},
		} {
			r[0].door.fails.Store(&tt.err)
			a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(1)), Seeder: true, Proto: swarm.WebSocket}
			_, _, err := s.Announce(x.t.Context(), a, nil, nil)
			r[0].door.fails.Store(nil)
			if got := s.Seeder(hash(1), browser(1)); got != tt.kept || (err == nil) != tt.kept {
				t.Errorf("the store says %v: got kept %v, error %v", tt.err, got, err)
			}
			s.leave(1)
		}
	})
}

func TestAPanicOfTheStoreBlocksNobody(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		s.join(1)
		var once atomic.Bool
		hook := func(c call) {
			if c == announcing && !once.Swap(true) {
				panic("broken")
			}
		}
		r[0].door.hook.Store(&hook)
		func() {
			defer func() { _ = recover() }()
			s.join(1)
		}()
		s.join(1)
		s.Close()
		wait(time.Millisecond)
		x.wantMembers("closed", 0)
	})
}

// Most clients of sockets that close while the store is away do not come back to be counted.
func TestWhoLeavesMeanwhileIsGoneWithinSecondsOfTheStoresReturn(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		closing, stopping := r[0].open(), r[0].open()
		for n := range 600 {
			closing.join(n)
		}
		stopping.join(600)
		stopping.join(601)
		r[0].door.shut.Store(true)
		closing.Close()
		stopping.leave(600)
		wait(10 * time.Second)
		x.wantMembers("the store is away", 602)
		r[0].door.shut.Store(false)
		wait(2 * time.Second)
		x.wantMembers("it is back", 1)
	})
}

func TestWhatCouldNotBeReleasedIsNotTriedLongerThanItLasts(t *testing.T) {
	inBubble(t, 1, func(_ *net, r []*replica) {
		s := r[0].open()
		s.join(1)
		r[0].door.shut.Store(true)
		s.Close()
		wait(lease - time.Second)
		if _, late := relay.Waiting(r[0].Relay); late != 1 {
			t.Errorf("before the lease ended: got %d to be released, want 1", late)
		}
		wait(3 * time.Second)
		if _, late := relay.Waiting(r[0].Relay); late != 0 {
			t.Errorf("after it: got %d to be released, want none", late)
		}
	})
}

func TestBrowsersThatComeAndGoMeanwhileTakeNoMemory(t *testing.T) {
	const browsers, stays = 20_000, 100 // one of so many
	inBubble(t, 1, func(_ *net, r []*replica) {
		s := r[0].open()
		r[0].door.shut.Store(true)
		for n := range browsers {
			s.join(n)
			if n%stays != 0 {
				s.leave(n)
			}
			if n%2000 == 0 {
				wait(time.Second)
			}
		}
		wait(2 * time.Second)
		if unwritten, late := relay.Waiting(r[0].Relay); unwritten != browsers/stays || late != 0 {
			t.Errorf("got %d records to be written, and %d to be released, want %d and none", unwritten, late, browsers/stays)
		}
	})
}
