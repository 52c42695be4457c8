package memstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
)

// BenchmarkAnnounceWhileAMillionExpire announces to swarms of which all peers died at once, while Run
// removes them as fast as it does for any lifetime, a shard each millisecond, and reports how long
// announces took. Its own time means nothing.
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
					PeerLifetime: 16 * time.Second,
					Now:          func() time.Time { return began.Add(time.Duration(ahead.Load())) },
				})
				for i := range peers {
					announce(b, s, swarm.Announce{InfoHash: hash(i % swarms), Peer: peer(i), Seeder: i%2 == 0})
				}
				runtime.GC()
				ahead.Store(int64(time.Minute))
				b.StartTimer()
				took = append(took, announceDuring(s, swarms)...)
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

// announceDuring announces members and new peers while Run passes all shards twice, and returns how
// long each took.
func announceDuring(s *memstore.Store, swarms int) (took []time.Duration) {
	const twice = 2 * 256 * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), twice)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	took = make([]time.Duration, 0, 1<<20)
	var peers swarm.Peers
	rng := rand.New(rand.NewPCG(1, 2))
	for ctx.Err() == nil && len(took) < cap(took) {
		a := swarm.Announce{InfoHash: hash(rng.IntN(swarms)), Peer: peer(rng.IntN(1 << 21)), NumWant: 50}
		peers.Reset()
		began := time.Now()
		_, _ = s.Announce(ctx, a, &peers)
		took = append(took, time.Since(began))
	}
	<-done
	return took
}
