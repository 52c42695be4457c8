package relay_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// deaf is a receiver that keeps nothing.
type deaf struct{ offers, answers int }

func (d *deaf) Offer(*swarm.Signal)  { d.offers++ }
func (d *deaf) Answer(*swarm.Signal) { d.answers++ }

// crowd returns a relay over memory with n browsers of a session each in hash(1).
func crowd(tb testing.TB, n int) (sessions []*relay.Session, ears []*deaf) {
	tb.Helper()
	store := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, Lease: lease})
	trk := tracker.New(store, prometheus.NewRegistry(), tracker.Options{
		Interval: time.Minute, MinInterval: time.Minute, NumWant: 50, MaxNumWant: 200,
	})
	x := relay.New(trk, store, (&wire{}).join(), slog.New(slog.DiscardHandler), prometheus.NewRegistry(), options)
	for i := range n {
		ear := new(deaf)
		s := x.Open(ear)
		if _, _, err := s.Announce(context.Background(), announceOf(i), nil, nil); err != nil {
			tb.Fatal(err)
		}
		sessions, ears = append(sessions, s), append(ears, ear)
	}
	return sessions, ears
}

func announceOf(n int) swarm.Announce {
	return swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browser(n)), Proto: swarm.WebSocket, Seeder: n%2 == 0}
}

func TestASteadyAnnounceAndItsSignalsAllocateNothing(t *testing.T) {
	sessions, ears := crowd(t, 50)
	all, out := offers('x', 10), make([]swarm.Signal, 0, 10)
	ctx := context.Background()
	testutil.NoAllocs(t, "announce, offers, answer", func() {
		_, pairs, err := sessions[0].Announce(ctx, announceOf(0), all, out)
		if err != nil || len(pairs) != 10 {
			t.Fatalf("got %d pairs, error %v", len(pairs), err)
		}
		first := pairs[0]
		sessions[0].Send(pairs)
		for n, s := range sessions {
			if browser(n) == first.To {
				s.Answer(swarm.Signal{To: first.From, From: first.To, InfoHash: first.InfoHash, OfferID: first.OfferID})
			}
		}
	})
	if ears[0].answers == 0 {
		t.Error("got no answer")
	}
}

func BenchmarkAnnounceOfTenOffers(b *testing.B) {
	sessions, _ := crowd(b, 1000)
	all, out := offers('x', 10), make([]swarm.Signal, 0, 10)
	for i := 0; b.Loop(); i++ {
		n := i % len(sessions)
		_, pairs, _ := sessions[n].Announce(context.Background(), announceOf(n), all, out)
		sessions[n].Send(pairs)
	}
}

func BenchmarkAnswer(b *testing.B) {
	sessions, ears := crowd(b, 2)
	_, pairs, _ := sessions[0].Announce(context.Background(), announceOf(0), offers('x', 1), nil)
	answer := swarm.Signal{To: pairs[0].From, From: pairs[0].To, InfoHash: hash(1), OfferID: bittorrent.OfferID{'x'}}
	for b.Loop() {
		sessions[1].Answer(answer)
	}
	if ears[0].answers == 0 {
		b.Fatal("got no answer")
	}
}
