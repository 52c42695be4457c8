package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// A redisKind is a Redis to run replicas over.
type redisKind struct {
	name  string
	start func(*testing.T) (url string, masters []*redistest.Server)
}

var redisKinds = []redisKind{
	{"Single", func(t *testing.T) (string, []*redistest.Server) {
		s := redistest.Start(t)
		return s.URL(), []*redistest.Server{s}
	}},
	{"Cluster", func(t *testing.T) (string, []*redistest.Server) {
		c := redistest.StartCluster(t, 3, false)
		return c.URL(), c.Masters
	}},
}

// everywhere runs a test with two and with four replicas over each kind of Redis.
func everywhere(t *testing.T, test func(*testing.T, *fleet), flags ...string) {
	for _, kind := range redisKinds {
		t.Run(kind.name, func(t *testing.T) {
			url, _ := kind.start(t)
			for _, n := range []int{2, 4} {
				t.Run(fmt.Sprintf("%dReplicas", n), func(t *testing.T) { test(t, launch(t, n, url, flags...)) })
			}
		})
	}
}

// A fleet is the replicas of one tracker.
type fleet struct {
	tb    testing.TB
	url   string // of Redis
	flags []string

	mu       sync.RWMutex // guards replicas
	replicas []*starlingtest.Server
}

// launch starts n replicas at the same moment and waits until all of them are ready.
func launch(tb testing.TB, n int, url string, flags ...string) *fleet {
	tb.Helper()
	f := &fleet{tb: tb, url: url, flags: flags}
	for range n {
		f.replicas = append(f.replicas, f.start())
	}
	for _, r := range f.replicas {
		r.AwaitReady(tb)
	}
	return f
}

func (f *fleet) start() *starlingtest.Server {
	f.tb.Helper()
	path, err := binary()
	if err != nil {
		f.tb.Fatal(err)
	}
	return starlingtest.Launch(f.tb, path, "127.0.0.1:0,[::1]:0", append([]string{"--redis.url=" + f.url}, f.flags...)...)
}

// size returns how many replicas there are.
func (f *fleet) size() int { return len(f.replicas) }

func (f *fleet) replica(i int) *starlingtest.Server {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.replicas[i]
}

// any returns a replica chosen at random that has not ended.
func (f *fleet) any(rng *rand.Rand) *starlingtest.Server {
	for range 1000 {
		if r := f.replica(rng.IntN(f.size())); !ended(r) {
			return r
		}
	}
	f.tb.Fatal("got no replica that still runs")
	return nil
}

// other returns a replica chosen at random that is not the i-th, and which one it is.
func (f *fleet) other(rng *rand.Rand, i int) int { return (i + 1 + rng.IntN(f.size()-1)) % f.size() }

// restart stops the i-th replica and starts it again, at other ports.
func (f *fleet) restart(i int) {
	f.tb.Helper()
	starlingtest.Stop(f.tb, f.replica(i))
	fresh := f.start()
	fresh.AwaitReady(f.tb)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas[i] = fresh
}

func ended(r *starlingtest.Server) bool {
	select {
	case <-r.Ended():
		return true
	default:
		return false
	}
}
