package wstracker

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// alone is a relay and a tracker of which nobody else is there.
type alone struct{}

func (alone) Announce(_ context.Context, _ swarm.Announce, _ []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error) {
	return swarm.Reply{}, out, nil
}
func (alone) Send([]swarm.Signal)                                {}
func (alone) Answer(swarm.Signal)                                {}
func (alone) Seeder(bittorrent.InfoHash, bittorrent.PeerID) bool { return false }
func (alone) Close()                                             {}
func (alone) Answered(swarm.Proto, int, time.Duration)           {}
func (alone) Refused(swarm.Proto, swarm.Reason)                  {}
func (alone) Scrape(_ context.Context, _ swarm.Proto, _ int, hashes []bittorrent.InfoHash, stats []swarm.Stats) ([]swarm.Stats, error) {
	return append(stats, make([]swarm.Stats, len(hashes))...), nil
}

func TestAnAnnounceOfManyOffersAllocatesNothingFromMessageToReply(t *testing.T) {
	f := &Frontend{
		tracker: alone{}, metrics: newMetrics(prometheus.NewRegistry()), pulse: newPulse(time.Second),
		opts: Options{MaxOffers: 20},
	}
	f.pulse.renew(t.Context())
	s := &session{front: f, relay: alone{}, interval: 120}
	s.out.init(1<<20, &f.metrics.outbox)
	s.out.writing = true // the test is the writer
	r := wsproto.AnnounceRequest{Left: 1, NumWant: 10}
	for n := range byte(10) {
		r.Offers = append(r.Offers, wsproto.Offer{ID: bittorrent.OfferID{n}, SDP: []byte(`{"type":"offer","sdp":"v=0\r\n"}`)})
	}
	w, out := &work{in: wsproto.AppendAnnounce(nil, &r)}, new(writing)
	testutil.NoAllocs(t, "handle and encode", func() {
		if err := s.handle(w); err != nil || len(w.offers) != 10 {
			t.Fatalf("got %v and %d offers, want 10", err, len(w.offers))
		}
		s.out.take(&out.batch, batchBytes)
		for i := range out.batch.messages {
			out.line = out.batch.messages[i].append(out.line[:0], s.interval)
		}
	})
	if len(out.line) == 0 {
		t.Error("got no reply, want one")
	}
}
