package memstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	ourtestutil "github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func browserID(n int) (id bittorrent.PeerID) {
	copy(id[:], "-WW0001-")
	binary.BigEndian.PutUint32(id[16:], uint32(n))
	return id
}

// record announces the n-th browser to a swarm, and returns the record of it.
func record(t testing.TB, s *memstore.Store, h, n int, seeder bool) swarm.Record {
	t.Helper()
	a := swarm.Announce{InfoHash: hash(h), Peer: swarm.WebRTCPeer(browserID(n)), Seeder: seeder}
	return swarm.Record{
		InfoHash: a.InfoHash, Peer: browserID(n), Seeder: seeder, Version: announce(t, s, a).Version,
	}
}

func TestABrowserLivesForItsLeaseAndTwoTicksAtMost(t *testing.T) {
	const tick = time.Minute
	for _, tt := range []struct{ lease, lives time.Duration }{
		{time.Second, time.Second},
		{tick, tick},
		{90 * time.Second, 90 * time.Second},
		{62 * tick, 62 * tick},
		{63 * tick, 63 * tick},
		{2 * 63 * tick, 63 * tick}, // as long as others live
		{0, 63 * tick},
	} {
		opts := memstore.Options{PeerLifetime: 63 * tick, Lease: tt.lease}
		running(t, opts, func(s *memstore.Store, _ *prometheus.Registry) {
			time.Sleep(tick * 7 / 10)
			alive := func(want uint32) {
				t.Helper()
				stats, err := s.Scrape(context.Background(), []bittorrent.InfoHash{hash(1)}, nil)
				if err != nil || stats[0] != (swarm.Stats{Leechers: want}) {
					t.Errorf("lease %v: got %+v, error %v, want %d", tt.lease, stats, err, want)
				}
			}
			for n := range 3 {
				record(t, s, 1, n, false)
			}
			time.Sleep(tt.lives)
			alive(3)
			time.Sleep(2 * tick)
			alive(0)
		})
	}
}

func TestGaugesFollowLeases(t *testing.T) {
	opts := memstore.Options{PeerLifetime: time.Hour, Lease: 5 * time.Minute}
	running(t, opts, func(s *memstore.Store, reg *prometheus.Registry) {
		var records []swarm.Record
		for n := range 300 {
			records = append(records, record(t, s, n%10, n, n < 100))
		}
		want := func(swarms, seeders, leechers float64) {
			t.Helper()
			wantGauge(t, reg, `starling_swarms{family="webrtc"}`, swarms)
			wantGauge(t, reg, `starling_peers{family="webrtc",role="seeder"}`, seeders)
			wantGauge(t, reg, `starling_peers{family="webrtc",role="leecher"}`, leechers)
		}
		time.Sleep(10 * time.Minute)
		want(0, 0, 0)
		_ = s.Renew(t.Context(), records)
		want(10, 100, 200)
		_ = s.Release(t.Context(), records[:150])
		want(10, 0, 150)
		_ = s.Release(t.Context(), records)
		want(0, 0, 0)
	})
}

func TestRecordsOfMembersAreDealtWithWithoutAllocation(t *testing.T) {
	for _, n := range []int{4, 1000} {
		s := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, Lease: time.Minute})
		var records []swarm.Record
		for i := range n {
			records = append(records, record(t, s, 1, i, i%2 == 0))
		}
		held := make([]swarm.Holding, 0, n)
		ctx := context.Background()
		ourtestutil.NoAllocs(t, fmt.Sprintf("renew %d", n), func() { _ = s.Renew(ctx, records) })
		ourtestutil.NoAllocs(t, fmt.Sprintf("held %d", n), func() {
			if got, _ := s.Held(ctx, records, held); got[n-1] != swarm.Held {
				t.Errorf("got %v, want it held", got[n-1])
			}
		})
		ourtestutil.NoAllocs(t, fmt.Sprintf("announce to %d", n), func() { record(t, s, 1, 1, true) })
		taken := append([]swarm.Record(nil), records...)
		_ = s.Renew(ctx, records)
		ourtestutil.NoAllocs(t, fmt.Sprintf("release %d that are taken", n), func() { _ = s.Release(ctx, taken) })
	}
}

// BenchmarkRenew renews 1,000 records in a call, as spread over swarms as the name says.
func BenchmarkRenew(b *testing.B) {
	for _, swarms := range []int{1, 300, 1000} {
		b.Run(fmt.Sprintf("%d swarms", swarms), func(b *testing.B) {
			s := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, Lease: time.Minute})
			var records []swarm.Record
			for n := range 1000 {
				records = append(records, record(b, s, n%swarms, n, false))
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = s.Renew(b.Context(), records)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
		})
	}
}
