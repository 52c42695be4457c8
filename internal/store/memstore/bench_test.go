package memstore_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	ourtestutil "github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// filled returns a store of so many swarms with so many peers each, half seeders.
func filled(tb testing.TB, swarms, peersEach int) *memstore.Store {
	s := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour})
	for p := range peersEach {
		for h := range swarms {
			announce(tb, s, swarm.Announce{InfoHash: hash(h), Peer: peer(h*peersEach + p), Seeder: p%2 == 0})
		}
	}
	return s
}

func TestAnAnnounceOfAMemberAllocatesNothing(t *testing.T) {
	for _, n := range []int{2, 1000} {
		s := filled(t, 1, n)
		peers := new(swarm.Peers)
		seeder := false
		ourtestutil.NoAllocs(t, fmt.Sprintf("announce to a swarm of %d", n), func() {
			seeder = !seeder
			a := swarm.Announce{InfoHash: hash(0), Peer: peer(n / 2), Seeder: seeder, NumWant: 50}
			peers.Reset()
			if _, err := s.Announce(context.Background(), a, peers); err != nil {
				t.Error(err)
			}
		})
		stats := make([]swarm.Stats, 0, 1)
		hashes := []bittorrent.InfoHash{hash(0)}
		ourtestutil.NoAllocs(t, "scrape", func() { _, _ = s.Scrape(context.Background(), hashes, stats) })
	}
}

// BenchmarkAnnounce announces members again, 50 peers wanted: a small and a common swarm among
// many, and one large swarm.
func BenchmarkAnnounce(b *testing.B) {
	for _, bb := range []struct{ swarms, peersEach int }{{250_000, 4}, {10_000, 100}, {1, 100_000}} {
		b.Run(fmt.Sprintf("%dx%d", bb.swarms, bb.peersEach), func(b *testing.B) {
			s := filled(b, bb.swarms, bb.peersEach)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				peers := new(swarm.Peers)
				rng := rand.New(rand.NewPCG(1, rand.Uint64()))
				for pb.Next() {
					h, p := rng.IntN(bb.swarms), rng.IntN(bb.peersEach)
					a := swarm.Announce{
						InfoHash: hash(h), Peer: peer(h*bb.peersEach + p), Seeder: p%2 == 0, NumWant: 50,
					}
					peers.Reset()
					_, _ = s.Announce(context.Background(), a, peers)
				}
			})
		})
	}
}

// BenchmarkBytesAPeer reports the memory of a million peers: what the process holds after a garbage
// collection, divided by the peers. Its time means nothing.
func BenchmarkBytesAPeer(b *testing.B) {
	const peers = 1_000_000
	for _, swarms := range []int{250_000, 100} {
		b.Run(fmt.Sprintf("%d swarms", swarms), func(b *testing.B) {
			for b.Loop() {
				heap, rss := memory(b)
				s := filled(b, swarms, peers/swarms)
				heapAfter, rssAfter := memory(b)
				b.ReportMetric(float64(heapAfter-heap)/peers, "heap-B/peer")
				b.ReportMetric(float64(rssAfter-rss)/peers, "rss-B/peer")
				runtime.KeepAlive(s)
			}
		})
	}
}

// memory returns the bytes of live heap and of resident memory, after what is free was given back.
func memory(tb testing.TB) (heap, rss int64) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Skip("resident memory is read from /proc: ", err)
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(statm)[1]), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return int64(m.HeapAlloc), pages * int64(os.Getpagesize())
}
