package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// BenchmarkAnnounce announces members again, 512 at a time in batches of 16, and reports what one costs
// this process and Redis, in microseconds of CPU time, beside a floor that is measured in the same run: the
// same commands, in pipelines of 128 announces, by a client that does nothing else. Its own time means
// little, since Redis and this process share the processors.
func BenchmarkAnnounce(b *testing.B) {
	for _, shape := range []struct{ swarms, peers int }{{100_000, 4}, {10_000, 50}, {400, 1000}, {4, 50_000}} {
		b.Run(fmt.Sprintf("%dx%d", shape.swarms, shape.peers), func(b *testing.B) {
			server := redistest.Start(b)
			conn := connect(b, server.URL())
			opts := options
			opts.Recount, opts.Hints = 10*time.Second, 1_000_000
			l := &load{store: open(b, conn, opts), swarms: shape.swarms, peers: shape.peers}
			before := memoryOf(server)
			l.join(b)
			memory := float64(memoryOf(server)-before) / float64(shape.swarms*shape.peers)
			for b.Loop() {
				l.announce(b, time.Second) // which makes the hints warm
				commands := recordCommands(conn, func() { l.announce(b, 300*time.Millisecond) })
				var measured, floor [rounds]cost
				for i := range rounds { // side by side, so that what else the machine does strikes both
					measured[i] = measure(server, func() int { return l.announce(b, time.Second) })
					floor[i] = measure(server, func() int { return commands.replay(b, server, time.Second) })
				}
				report := func(unit string, value func(i int) float64) { b.ReportMetric(median(value), unit) }
				report("redis-us", func(i int) float64 { return measured[i].redis })
				report("go-us", func(i int) float64 { return measured[i].ours })
				report("commands", func(i int) float64 { return measured[i].commands })
				report("go-us/command", func(i int) float64 { return measured[i].ours / measured[i].commands })
				report("allocs/command", func(i int) float64 { return measured[i].allocs / measured[i].commands })
				report("floor-redis-us", func(i int) float64 { return floor[i].redis })
				report("floor-go-us", func(i int) float64 { return floor[i].ours })
				report("redis/floor", func(i int) float64 { return measured[i].redis / floor[i].redis })
				report("go/floor", func(i int) float64 { return measured[i].ours / floor[i].ours })
				b.ReportMetric(memory, "B/peer")
			}
		})
	}
}

const rounds = 5

// median returns the middle one of the rounds' values.
func median(value func(round int) float64) float64 {
	var values [rounds]float64
	for i := range values {
		values[i] = value(i)
	}
	slices.Sort(values[:])
	return values[rounds/2]
}

// A load is announces of the members of some swarms.
type load struct {
	store         *redisstore.Store
	swarms, peers int
}

const (
	loadClients = 32
	loadBatch   = 16 // announces of a client at a time, as of a batch of datagrams
)

// each runs so many clients side by side and returns how many announces they made. Each makes batches
// until next has no more.
func (l *load) each(b *testing.B, next func(client int, rng *rand.Rand, calls []swarm.Call) (more bool)) (announces int) {
	b.Helper()
	var clients sync.WaitGroup
	counts := make([]int, loadClients)
	for i := range loadClients {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			calls := make([]swarm.Call, loadBatch)
			for next(i, rng, calls) {
				l.store.AnnounceAll(context.Background(), calls)
				for k := range calls {
					if calls[k].Err != nil {
						b.Error(calls[k].Err)
						return
					}
					calls[k].Peers.Reset()
				}
				counts[i] += len(calls)
			}
		})
	}
	clients.Wait()
	for _, n := range counts {
		announces += n
	}
	return announces
}

func (l *load) of(n int) swarm.Announce {
	return swarm.Announce{InfoHash: hash(n % l.swarms), Peer: peer(n), Proto: swarm.UDP, Seeder: n/l.swarms%2 == 0, NumWant: 50}
}

// join announces every member once.
func (l *load) join(b *testing.B) {
	b.Helper()
	all := l.swarms * l.peers
	made := make([]int, loadClients)
	l.each(b, func(client int, _ *rand.Rand, calls []swarm.Call) bool {
		for k := range calls {
			n := (made[client]*loadClients+client)*loadBatch + k
			calls[k].Announce = l.of(n % all)
			calls[k].Announce.NumWant = 0
		}
		made[client]++
		return (made[client]-1)*loadClients*loadBatch < all
	})
}

// announce announces members again for as long as length, and returns how many.
func (l *load) announce(b *testing.B, length time.Duration) int {
	b.Helper()
	end := time.Now().Add(length)
	return l.each(b, func(_ int, rng *rand.Rand, calls []swarm.Call) bool {
		for k := range calls {
			calls[k].Announce = l.of(rng.IntN(l.swarms * l.peers))
		}
		return time.Now().Before(end)
	})
}

// A cost is what an announce took, CPU times in microseconds.
type cost struct{ redis, ours, commands, allocs float64 }

// measure returns what each of the announces cost that f makes.
func measure(server *redistest.Server, f func() (announces int)) cost {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	redis, ours, commands := cpuTime(server), ownCPUTime(), commandsOf(server)
	n := float64(f())
	redis, ours, commands = cpuTime(server)-redis, ownCPUTime()-ours, commandsOf(server)-commands
	runtime.ReadMemStats(&after)
	return cost{
		redis:    float64(redis.Microseconds()) / n,
		ours:     float64(ours.Microseconds()) / n,
		commands: float64(commands) / n,
		allocs:   float64(after.Mallocs-before.Mallocs) / n,
	}
}
