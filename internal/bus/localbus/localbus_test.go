package localbus_test

import (
	"testing"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/localbus"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestKeepsTheContract(t *testing.T) {
	bustest.Run(t, func(testing.TB, int) []tracker.Bus { return []tracker.Bus{localbus.New()} })
}

func TestPublishingDoesNotAllocate(t *testing.T) {
	b := localbus.New()
	delivered := 0
	_, err := b.Subscribe(t.Context(), bittorrent.PeerID{1}, func(*swarm.Signal) bool {
		delivered++
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	signals := []swarm.Signal{{To: bittorrent.PeerID{1}, SDP: []byte(`{}`)}, {To: bittorrent.PeerID{2}}}
	testutil.NoAllocs(t, "an offer to a browser that is here and one to nobody", func() { b.Publish(signals...) })
	if delivered == 0 {
		t.Error("got nothing delivered, want each offer")
	}
}

func BenchmarkPublish(b *testing.B) {
	bus := localbus.New()
	signals := make([]swarm.Signal, 10)
	for i := range signals {
		signals[i].To = bittorrent.PeerID{byte(i)}
		if _, err := bus.Subscribe(b.Context(), signals[i].To, func(*swarm.Signal) bool { return true }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		bus.Publish(signals...)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(signals)), "ns/signal")
}
