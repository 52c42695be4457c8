package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
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
				measured := measure(server, func() int { return l.announce(b, 3*time.Second) })
				commands := recordCommands(conn, func() { l.announce(b, 300*time.Millisecond) })
				floor := measure(server, func() int { return commands.replay(b, server, 3*time.Second) })
				b.ReportMetric(memory, "B/peer")
				b.ReportMetric(measured.redis, "redis-us")
				b.ReportMetric(measured.ours, "go-us")
				b.ReportMetric(measured.commands, "commands")
				b.ReportMetric(measured.ours/measured.commands, "go-us/command")
				b.ReportMetric(measured.allocs/measured.commands, "allocs/command")
				b.ReportMetric(floor.redis, "floor-redis-us")
				b.ReportMetric(floor.ours, "floor-go-us")
				b.ReportMetric(measured.redis/floor.redis, "redis/floor")
			}
		})
	}
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
