package relay_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestASessionThatWasOvertakenRemovesNobody(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		for _, other := range r {
			old, young := r[0].open(), other.open()
			old.join(1)
			wait(time.Millisecond)
			young.join(1)
			old.Close()
			wait(3 * lease)
			x.wantMembers("the old session closed", 1)
			young.Close()
			wait(time.Millisecond)
			x.wantMembers("the new one closed", 0)
		}
		if got := r[0].metric("starling_webrtc_taken_total"); got != 1 {
			t.Errorf("got %d records taken from the first replica, want 1", got)
		}
	})
}

func TestAnOvertakenSessionStaysAndMayTakeItsPeerBack(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		old, young := r[0].open(), r[1].open()
		old.say(1, swarm.Announce{Seeder: true})
		wait(time.Millisecond)
		young.join(1)
		if old.Seeder(hash(1), browser(1)) {
			t.Error("got a seeder of the old session, want none of its peers")
		}
		wait(time.Millisecond)
		old.say(1, swarm.Announce{Seeder: true})
		if !old.Seeder(hash(1), browser(1)) {
			t.Error("got no seeder of the old session, which announced it again")
		}
		young.Close()
		wait(lease)
		x.wantMembers("the other closed", 1)
	})
}

func TestAnOlderTakingIsIgnored(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		s := r[0].open()
		s.say(1, swarm.Announce{Seeder: true})
		for _, late := range []time.Duration{-time.Second, -time.Microsecond} {
			stamp := swarm.Stamp{Time: time.Now().Add(late).UnixMicro(), Replica: 1}
			r[1].bus.Publish(swarm.Signal{Kind: swarm.Taking, To: browser(1), InfoHash: hash(1), Stamp: stamp})
			if !s.Seeder(hash(1), browser(1)) {
				t.Fatalf("a Taking %v before its own: got the record forgotten", -late)
			}
		}
		own := r[0].bus.published[0]
		own.Stamp.Time++
		r[1].bus.Publish(own)
		if !s.Seeder(hash(1), browser(1)) {
			t.Error("its own Taking, come back: got the record forgotten")
		}
		stamp := swarm.Stamp{Time: time.Now().UnixMicro() + 1, Replica: 1}
		r[1].bus.Publish(swarm.Signal{Kind: swarm.Taking, To: browser(1), InfoHash: hash(2), Stamp: stamp})
		if !s.Seeder(hash(1), browser(1)) {
			t.Error("a Taking in another swarm: got the record forgotten")
		}
		r[1].bus.Publish(swarm.Signal{Kind: swarm.Taking, To: browser(1), InfoHash: hash(1), Stamp: stamp})
		if s.Seeder(hash(1), browser(1)) {
			t.Error("a later Taking: got the record kept")
		}
		if got := r[0].bus.subscribed(); got != 1 {
			t.Errorf("from within the bus: got it left, or %d subscriptions", got)
		}
		wait(time.Millisecond)
		if got := r[0].bus.subscribed(); got != 0 {
			t.Errorf("a moment later: got %d subscriptions, want none", got)
		}
	})
}

func TestATakingGoesOutBetweenSubscriptionAndWrite(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		var steps []string
		r[0].bus.subscribe = func(context.Context) {
			steps = append(steps, "subscribe")
			time.Sleep(time.Second)
		}
		hook := func(c call) {
			if c == announcing {
				steps = append(steps, "write")
				if got := r[0].bus.sent(swarm.Taking); got != 1 {
					t.Errorf("at the write: got %d Takings, want 1", got)
				}
			}
		}
		r[0].door.hook.Store(&hook)
		began := time.Now()
		r[0].open().join(1)
		if want := []string{"subscribe", "write", "write"}; !slices.Equal(steps, want) {
			t.Errorf("got %v, want %v", steps, want)
		}
		if got := r[0].bus.published[0].Stamp.Time; got < began.Add(time.Second).UnixMicro() {
			t.Errorf("got it stamped %v after the beginning, want the subscription to stand by then", got-began.UnixMicro())
		}
	})
}

func TestASteadyAnnounceTellsNobody(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for range 5 {
			s.join(1)
		}
		if got := r[0].bus.sent(swarm.Taking); got != 1 {
			t.Errorf("five announces: got %d Takings, want 1", got)
		}
	})
}

func TestFirstAnnouncesOfOneBrowserShareASubscription(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		stands := make(chan struct{})
		r[0].bus.subscribe = func(context.Context) { <-stands } // a second one of the same ID panics
		var sessions []*socket
		var joining sync.WaitGroup
		for n := range 10 {
			s := r[0].open()
			sessions = append(sessions, s)
			joining.Go(func() { s.say(1, swarm.Announce{InfoHash: hash(1 + n%2)}) })
		}
		synctest.Wait()
		x.wantMembers("before the subscription stands", 0)
		ctx, cancel := context.WithTimeout(x.t.Context(), time.Millisecond)
		defer cancel()
		a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(1)), Proto: swarm.WebSocket}
		if _, _, err := r[0].open().Announce(ctx, a, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v, want that its time was over", err)
		}
		close(stands)
		joining.Wait()
		x.wantMembers("then", 1)
		for _, s := range sessions {
			s.Close()
		}
		wait(time.Millisecond)
		x.wantMembers("all closed", 0)
		if got := r[0].bus.subscribed(); got != 0 {
			t.Errorf("all closed: got %d subscriptions, want none", got)
		}
	})
}

func TestWhoComesWhileTheChannelIsLeftSubscribesAgain(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		r[0].bus.stop = func() { time.Sleep(100 * time.Millisecond) }
		for range 3 {
			s, next := r[0].open(), r[0].open()
			s.join(1)
			s.Close()
			synctest.Wait()
			next.join(1)
			wait(2 * time.Second)
			if got := r[0].bus.subscribed(); got != 1 {
				t.Fatalf("got %d subscriptions, want 1", got)
			}
			next.Close()
			wait(2 * time.Second)
		}
	})
}

func TestWhoStopsIsRemovedAndOffersNothing(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s, stranger := r[0].open(), r[0].open()
		s.join(1)
		s.join(2)
		reply, _ := stranger.say(2, swarm.Announce{Event: bittorrent.Stopped})
		if reply.Leechers != 2 {
			t.Errorf("stopped by a session that has no such peer: got %+v, want 2 leechers still", reply)
		}
		reply, pairs := s.say(2, swarm.Announce{Event: bittorrent.Stopped}, offers('x', 5)...)
		if reply.Leechers != 1 || len(pairs) != 0 {
			t.Errorf("got %+v and %d pairs, want 1 leecher, and none", reply, len(pairs))
		}
		wait(2 * lease)
		x.wantMembers("one of two stopped", 1)
	})
}

func TestASessionHasOnlySoManyPeers(t *testing.T) {
	opts := options
	opts.MaxPeersPerSession = 3
	inBubbleWith(t, 1, opts, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 3 {
			s.join(n)
		}
		a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(3)), Proto: swarm.WebSocket}
		if _, _, err := s.Announce(x.t.Context(), a, nil, nil); swarm.ReasonOf(err) != swarm.Overloaded {
			t.Errorf("one more: got the error %v, want a refusal", err)
		}
		s.join(2)
		s.say(1, swarm.Announce{Event: bittorrent.Stopped})
		s.join(3)
		x.wantMembers("one in place of another", 3)
		if got := r[0].metric("starling_webrtc_records"); got != 3 {
			t.Errorf("got %d records, want 3", got)
		}
	})
}
