package relay_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

func TestRecordsAreRenewedUntilTheirBrowsersAreSilentForTooLong(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 40 {
			s.join(n)
		}
		wait(lifetime - time.Second)
		x.wantMembers("silent for not too long", 40)
		s.join(7)
		wait(lease)
		x.wantMembers("all but one silent", 1)
		if got := r[0].metric("starling_webrtc_records"); got != 1 {
			t.Errorf("got %d records, want 1", got)
		}
	})
}

func TestRenewalsAreSpreadEvenly(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 990 {
			s.say(n, swarm.Announce{InfoHash: hash(1 + n%200)})
		}
		wait(lease)
		before, renewed := r[0].door.calls[renewing].Load(), 0
		for second := range 60 {
			wait(time.Second)
			now := r[0].metric("starling_webrtc_renewals_total", "result", "done")
			if n := now - renewed; second > 0 && (n < 30 || n > 70) {
				t.Errorf("second %d: got %d renewals, want about %d", second, n, 990/20)
			}
			renewed = now
		}
		if got := r[0].door.calls[renewing].Load() - before; got > 3*256+3 {
			t.Errorf("got %d calls in three rounds, want one a shard", got)
		}
	})
}

func TestAKilledReplicasPeersVanishByLease(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		lost, kept := r[0].open(), r[1].open()
		lost.join(1)
		kept.join(2)
		r[0].kill()
		wait(lease / 2)
		x.wantMembers("soon after", 2)
		wait(lease/2 + grace)
		x.wantMembers("a lease after", 1)
	})
}

func TestCloseIsSeenAtOnce(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 500 {
			s.join(n)
		}
		x.wantMembers("before", 500)
		s.Close()
		wait(time.Millisecond)
		x.wantMembers("closed", 0)
		if got := r[0].door.calls[releasing].Load(); got != 1 {
			t.Errorf("got %d calls of the store, want 1", got)
		}
	})
}

func TestRunEndsWhenWhatLeavesIsGone(t *testing.T) {
	for range 10 { // since Run may notice either first
		runEndsWhenWhatLeavesIsGone(t)
	}
}

func runEndsWhenWhatLeavesIsGone(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		busy := r[0].open()
		busy.join(9)
		first, released := make(chan struct{}), atomic.Bool{}
		hook := func(c call) {
			if c == releasing && !released.Swap(true) {
				<-first
			}
		}
		r[0].door.hook.Store(&hook)
		busy.Close()
		synctest.Wait()
		s := r[0].open()
		s.join(1)
		s.Close()
		go func() { time.Sleep(time.Millisecond); close(first) }()
		r[0].stop()
		x.wantMembers("stopped", 0)
	})
}

// renewal has the next renewal of a replica wait, before or after it is written, until the function that it
// returns is called.
func (r *replica) renewal(after bool) (underWay <-chan struct{}, finish func()) {
	began, end := make(chan struct{}), make(chan struct{})
	at := int64(1)
	if after {
		at = 2
	}
	var passes atomic.Int64
	hook := func(c call) {
		if c == renewing && passes.Add(1) == at {
			close(began)
			<-end
		}
	}
	r.door.hook.Store(&hook)
	return began, func() { close(end) }
}

func TestARenewalOfASessionThatClosesLeavesNothing(t *testing.T) {
	for _, after := range []bool{false, true} {
		inBubble(t, 1, func(x *net, r []*replica) {
			s := r[0].open()
			s.join(1)
			underWay, finish := r[0].renewal(after)
			<-underWay
			s.Close()
			synctest.Wait()
			finish()
			wait(time.Millisecond)
			x.wantMembers("closed during a renewal", 0)
		})
	}
}

func TestWhoComesBackDuringTheRenewalOfItsOldSessionIsCounted(t *testing.T) {
	for _, after := range []bool{false, true} {
		inBubble(t, 1, func(x *net, r []*replica) {
			s, next := r[0].open(), r[0].open()
			s.join(1)
			underWay, finish := r[0].renewal(after)
			<-underWay
			s.Close()
			joined := make(chan struct{})
			go func() { next.join(1); close(joined) }()
			synctest.Wait()
			finish()
			<-joined
			wait(time.Millisecond)
			x.wantMembers("came back", 1)
		})
	}
}

func TestAnAnnounceWaitsForTheRenewalOfItsRecordAlone(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		s.join(1)
		underWay, finish := r[0].renewal(true)
		<-underWay
		s.join(2)
		ctx, cancel := context.WithTimeout(x.t.Context(), time.Second)
		defer cancel()
		a := swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(1)), Proto: swarm.WebSocket}
		if _, _, err := s.Announce(ctx, a, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v, want that its time was over", err)
		}
		finish()
		s.join(1)
		s.Close()
		wait(time.Millisecond)
		x.wantMembers("closed", 0)
	})
}

func TestARenewalDoesNotDisturbWhoAnnounces(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		s.join(1)
		during := func(c call) {
			if c == announcing {
				time.Sleep(lease)
			}
		}
		r[0].door.hook.Store(&during)
		before := r[0].door.calls[renewing].Load()
		s.join(1)
		if got := r[0].door.calls[renewing].Load() - before; got != 0 {
			t.Errorf("during a long announce: got %d renewals, want none", got)
		}
		s.Close()
		wait(time.Millisecond)
		x.wantMembers("closed", 0)
	})
}

func TestAFailedRenewalIsTriedAgainWithinSeconds(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 100 {
			s.join(n)
		}
		r[0].door.shut.Store(true)
		wait(2 * lease)
		x.wantMembers("the store was away for two leases", 0)
		r[0].door.shut.Store(false)
		wait(2 * time.Second)
		x.wantMembers("it is back", 100)
		if got := r[0].metric("starling_webrtc_renewals_total", "result", "failed"); got == 0 {
			t.Error("got no renewal counted as failed")
		}
	})
}
