package relay_test

import (
	"slices"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// answer answers the offer of browser 1 whose ID begins with tag and i, as browser n.
func (s *socket) answer(n int, tag byte, i int) {
	s.Session.Answer(swarm.Signal{
		To: browser(1), From: browser(n), InfoHash: hash(1), OfferID: bittorrent.OfferID{tag, byte(i)}, SDP: []byte("yes"),
	})
}

// wantAnswers fails the test unless n answers came since the last time.
func (s *socket) wantAnswers(what string, n int) {
	s.t.Helper()
	if _, got := s.got(); len(got) != n {
		s.t.Errorf("%s: got %d answers, want %d", what, len(got), n)
	}
}

func TestEachOfferHasAPeerOfItsOwn(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		s := r[0].open()
		for n := range 8 {
			s.join(n)
		}
		for _, n := range []int{0, 1, 6, 7, 8, 20} {
			_, pairs := s.say(1, swarm.Announce{}, offers('x', n)...)
			if want := min(n, 7); len(pairs) != want {
				t.Errorf("%d offers for 7 others: got %d pairs", n, len(pairs))
			}
			to := map[bittorrent.PeerID]bool{browser(1): true}
			for i, p := range pairs {
				if to[p.To] || p.OfferID != (bittorrent.OfferID{'x', byte(i)}) {
					t.Errorf("%d offers: got %+v, of one that has an offer, or out of order", n, p)
				}
				to[p.To] = true
			}
		}
	})
}

func TestOnlyAskedAnswersAreDelivered(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		for _, far := range r {
			a, b, c := r[0].open(), far.open(), far.open()
			b.join(2)
			a.say(1, swarm.Announce{}, offers('x', 1)...)
			c.join(3)
			unasked := r[0].metric("starling_signals_dropped_total", "reason", "unasked")
			b.answer(2, 'x', 0)
			a.wantAnswers("who was asked", 1)
			b.answer(2, 'y', 0)
			a.wantAnswers("another offer", 0)
			c.answer(3, 'x', 0)
			a.wantAnswers("who was not asked", 0)
			if got := r[0].metric("starling_signals_dropped_total", "reason", "unasked") - unasked; got != 2 {
				t.Errorf("got %d counted as unasked, want 2", got)
			}
			notOwner := far.metric("starling_signals_dropped_total", "reason", "not_owner")
			c.answer(2, 'x', 0)
			a.wantAnswers("another session", 0)
			if got := far.metric("starling_signals_dropped_total", "reason", "not_owner") - notOwner; got != 1 {
				t.Errorf("got %d counted as not the owner's, want 1", got)
			}
			wait(2*time.Minute - time.Second)
			b.answer(2, 'x', 0)
			a.wantAnswers("in time", 1)
			wait(2 * time.Second)
			b.answer(2, 'x', 0)
			a.wantAnswers("too late", 0)
			for _, s := range []*socket{a, b, c} {
				s.Close()
			}
			wait(time.Millisecond)
		}
	})
}

func TestAnOfferMayBeMadeAgainAndAnsweredBySeveral(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		a, b := r[0].open(), r[0].open()
		b.join(2)
		a.say(1, swarm.Announce{}, offers('x', 1)...)
		wait(time.Minute)
		a.say(1, swarm.Announce{}, offers('x', 1)...)
		b.join(3)
		for range 40 { // until both were given it
			a.say(1, swarm.Announce{}, offers('x', 1)...)
		}
		wait(90 * time.Second)
		b.answer(2, 'x', 0)
		b.answer(3, 'x', 0)
		a.wantAnswers("both", 2)
	})
}

func TestAnAnswererThatReconnectedIsServed(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		a, b, again := r[0].open(), r[0].open(), r[1].open()
		b.join(2)
		a.say(1, swarm.Announce{}, offers('x', 1)...)
		wait(time.Millisecond)
		again.join(2)
		again.answer(2, 'x', 0)
		a.wantAnswers("after it reconnected", 1)
		b.answer(2, 'x', 0)
		a.wantAnswers("by its old session", 0)
	})
}

func TestAnOffererThatReconnectedHasLostItsOffers(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		for _, other := range r {
			a, b, again := r[0].open(), r[0].open(), other.open()
			b.join(2)
			a.say(1, swarm.Announce{}, offers('x', 1)...)
			wait(time.Millisecond)
			again.join(1)
			b.answer(2, 'x', 0)
			a.wantAnswers("the old session", 0)
			again.wantAnswers("the new one", 0)
			for _, s := range []*socket{a, b, again} {
				s.Close()
			}
			wait(time.Millisecond)
		}
	})
}

func TestSignalsToWhoIsGoneAreDroppedAndCounted(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		a, b := r[0].open(), r[1].open()
		b.join(2)
		_, pairs := a.say(1, swarm.Announce{}, offers('x', 1)...)
		b.say(2, swarm.Announce{InfoHash: hash(2)})
		b.leave(2)
		a.Send(pairs)
		if got, _ := b.got(); len(got) != 0 {
			t.Errorf("got %v delivered to who left", got)
		}
		if got := r[1].metric("starling_signals_dropped_total", "reason", "unknown_peer"); got != 1 {
			t.Errorf("got %d dropped as unknown, want 1", got)
		}
	})
}

func TestASessionRemembersOnlySoManyOffers(t *testing.T) {
	opts := options
	opts.MaxPending = 10
	inBubbleWith(t, 1, opts, func(x *net, r []*replica) {
		a, b := r[0].open(), r[0].open()
		b.join(2)
		for i := range 15 {
			a.say(1, swarm.Announce{}, swarm.Offered{ID: bittorrent.OfferID{'x', byte(i)}})
		}
		for i := range 15 {
			b.answer(2, 'x', i)
		}
		a.wantAnswers("to 15 offers", 10)
		if got := r[0].metric("starling_signals_dropped_total", "reason", "too_many_pending"); got != 5 {
			t.Errorf("got %d offers forgotten, want 5", got)
		}
		wait(time.Hour)
		b.join(2)
		for i := range 10 {
			a.say(1, swarm.Announce{}, swarm.Offered{ID: bittorrent.OfferID{'y', byte(i)}})
		}
		if got := r[0].metric("starling_signals_dropped_total", "reason", "too_many_pending"); got != 5 {
			t.Errorf("those before are too old: got %d offers forgotten, want 5 still", got)
		}
	})
}

func TestSignalsAreCountedByTheirPath(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		a, near, far := r[0].open(), r[0].open(), r[1].open()
		near.join(2)
		far.join(3)
		_, pairs := a.say(1, swarm.Announce{}, offers('x', 2)...)
		a.Send(slices.Clone(pairs))
		for _, p := range pairs {
			map[bittorrent.PeerID]*socket{browser(2): near, browser(3): far}[p.To].Session.Answer(swarm.Signal{
				To: p.From, From: p.To, InfoHash: p.InfoHash, OfferID: p.OfferID,
			})
		}
		a.wantAnswers("both", 2)
		for _, tt := range []struct {
			r          *replica
			kind, path string
			want       int
		}{
			{r[0], "offer", "local", 1},
			{r[0], "offer", "remote", 0},
			{r[1], "offer", "remote", 1},
			{r[0], "answer", "local", 1},
			{r[0], "answer", "remote", 1},
		} {
			if got := tt.r.metric("starling_signals_total", "kind", tt.kind, "path", tt.path); got != tt.want {
				t.Errorf("%s, %s: got %d, want %d", tt.kind, tt.path, got, tt.want)
			}
		}
		if got := r[0].bus.sent(swarm.Offer); got != 1 {
			t.Errorf("got %d offers published, want the one that is not local", got)
		}
	})
}
