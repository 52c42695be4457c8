package memstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
)

// BenchmarkAnnounceWhileAMillionExpire announces to swarms of which all peers died at once, while the
// sweep removes them as fast as it can, and reports how long announces took: the longest of those
// waits are for the sweep, for the memory of a million records to be given back, and for the
// processor. Its time is that of the sweep.
func BenchmarkAnnounceWhileAMillionExpire(b *testing.B) {
	const peers = 1_000_000
	for _, swarms := range []int{1_000_000, 10_000, 1} {
		b.Run(fmt.Sprintf("%dx%d", swarms, peers/swarms), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				b.StopTimer()
				var ahead atomic.Int64
				began := time.Now()
				s := memstore.New(prometheus.NewRegistry(), memstore.Options{
					PeerLifetime: time.Hour,
					Now:          func() time.Time { return began.Add(time.Duration(ahead.Load())) },
				})
				for i := range peers {
					announce(b, s, swarm.Announce{InfoHash: hash(i % swarms), Peer: peer(i), Seeder: i%2 == 0})
				}
				ahead.Store(int64(2 * time.Hour))
				b.StartTimer()
				took = append(took, announceDuring(s, swarms, s.Sweep)...)
			}
			slices.Sort(took)
			at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))]) / 1e3 }
			b.ReportMetric(at(0.5), "p50-us")
			b.ReportMetric(at(0.99), "p99-us")
			b.ReportMetric(at(0.9999), "p99.99-us")
			b.ReportMetric(at(1), "max-us")
			b.ReportMetric(float64(len(took))/float64(b.N), "announces")
		})
	}
}

// announceDuring announces members and new peers until f returns, and returns how long each took.
func announceDuring(s *memstore.Store, swarms int, f func()) (took []time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	took = make([]time.Duration, 0, 1<<22)
	var peers swarm.Peers
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 0; len(took) < cap(took); n++ {
		select {
		case <-done:
			return took
		default:
		}
		a := swarm.Announce{InfoHash: hash(rng.IntN(swarms)), Peer: peer(rng.IntN(1 << 21)), NumWant: 50}
		peers.Reset()
		began := time.Now()
		_, _ = s.Announce(context.Background(), a, &peers)
		took = append(took, time.Since(began))
	}
	<-done
	return took
}
