package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

const (
	walkers   = 4
	walkSteps = 600 // of each walker at the least
	swarmsOf  = 4   // of each walker
	portsOf   = 20  // of each host
)

// TestRepliesAreRightWhicheverReplicaIsAsked lets clients announce and scrape at random, each packet at
// some replica, while the replicas are restarted one after the other. With the defaults a reply is exact
// in what it says of its client's own family, so the swarms have one each.
func TestRepliesAreRightWhicheverReplicaIsAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fleet) {
		models := walk(t, f, false, f.restart)
		starlingtest.Stop(t, f.replicas...) // and when none is left
		h := newHost(t, launch(t, 1, f.url, f.flags...), newRand(t), "127.0.0.1")
		for _, m := range models {
			result, err := h.scrape(swarm.UDP, m.hash)
			if err != nil {
				t.Fatal(err)
			}
			if late, err := m.judgeScrape(result[0]); err != nil || late {
				t.Errorf("after the restart of all: got %+v: %v, downloads missing: %v", result[0], err, late)
			}
		}
	})
}

// TestRepliesCoverBothFamiliesWhicheverReplicaIsAsked is the same with clients of both families in each
// swarm, and replicas that count the other family for each reply.
func TestRepliesCoverBothFamiliesWhicheverReplicaIsAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, f *fleet) { walk(t, f, true, func(int) {}) }, "--redis.recount=0s")
}

// walk lets the walkers walk, disturbs each replica meanwhile, and returns the swarms as they should be.
func walk(t *testing.T, f *fleet, mixed bool, disturb func(replica int)) (models []*model) {
	t.Helper()
	disturbed := make(chan struct{})
	var all []*walker
	var wg sync.WaitGroup
	for n := range walkers {
		w := newWalker(t, f, n, mixed)
		all = append(all, w)
		wg.Go(func() {
			for step := 0; !t.Failed() && (step < walkSteps || !closed(disturbed)); step++ {
				if err := w.step(); err != nil {
					t.Errorf("step %d: %v", step, err)
				}
			}
		})
	}
	for i := range f.size() {
		disturb(i)
	}
	close(disturbed)
	wg.Wait()
	for _, w := range all {
		models = append(models, w.models...)
	}
	return models
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// newRand returns random numbers that a failed test can be repeated with.
func newRand(t *testing.T) *rand.Rand {
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

func randomHash(rng *rand.Rand) (h bittorrent.InfoHash) {
	for i := range h {
		h[i] = byte(rng.Uint32())
	}
	return h
}

// protos are those of hosts. Browsers have IDs of their own, not addresses.
var protos = [...]swarm.Proto{swarm.HTTP, swarm.UDP}

// A walker has swarms that nobody else knows, and hosts of both families.
type walker struct {
	rng    *rand.Rand
	hosts  [2][]*host // by family
	models []*model
	mixed  bool // swarms have both families, and otherwise one, by turns
}

func newWalker(t *testing.T, f *fleet, n int, mixed bool) *walker {
	w := &walker{rng: newRand(t), mixed: mixed}
	for i := range 3 {
		w.hosts[swarm.IPv4] = append(w.hosts[swarm.IPv4], newHost(t, f, w.rng, fmt.Sprintf("127.0.%d.%d", n+1, i+1)))
	}
	w.hosts[swarm.IPv6] = []*host{newHost(t, f, w.rng, "::1")}
	for range swarmsOf {
		w.models = append(w.models, newModel(randomHash(w.rng)))
	}
	return w
}

// step makes an announce, and sometimes a scrape.
func (w *walker) step() error {
	i, family := w.rng.IntN(len(w.models)), swarm.Family(w.rng.IntN(2))
	if !w.mixed {
		family = swarm.Family(i % 2)
	}
	if w.rng.IntN(100) == 0 {
		w.models[i] = newModel(randomHash(w.rng)) // that no replica knows anything of
	}
	m, h := w.models[i], w.hosts[family][w.rng.IntN(len(w.hosts[family]))]
	a := client.Announcement{
		InfoHash: m.hash, PeerID: bittorrent.PeerID([]byte("-XX0001-abcdefghijkl")), Port: uint16(1 + w.rng.IntN(portsOf)),
		Left: uint64(w.rng.IntN(2)), Event: bittorrent.Event(w.rng.IntN(bittorrent.Events)),
		NumWant: []int32{maxNumWant, maxNumWant, 0, 3, -1}[w.rng.IntN(5)],
	}
	proto := protos[w.rng.IntN(len(protos))]
	if a.Event == bittorrent.Stopped && w.rng.IntN(8) == 0 {
		a.Port = 0 // nobody's
	}
	reply, err := h.announce(proto, a)
	if err == nil {
		m.announce(h.peer(a.Port), a)
		err = m.judge(h.peer(a.Port), proto, a, reply)
	}
	if err != nil {
		return fmt.Errorf("%v from %v over %v: %w", a, h.peer(a.Port), proto, err)
	}
	if w.rng.IntN(3) > 0 {
		return nil
	}
	return w.scrape(h, protos[w.rng.IntN(len(protos))])
}

// scrape scrapes all swarms of the walker, one of them twice, and one that nobody knows.
func (w *walker) scrape(h *host, proto swarm.Proto) error {
	asked := append([]*model{w.models[0], newModel(randomHash(w.rng))}, w.models...)
	var hashes []bittorrent.InfoHash
	for _, m := range asked {
		hashes = append(hashes, m.hash)
	}
	over := time.Now().Add(patience)
	for late := true; late; {
		if time.Now().After(over) {
			return fmt.Errorf("scrape over %v: downloads that ended are not counted after %v", proto, patience)
		}
		result, err := h.scrape(proto, hashes...)
		if err != nil {
			return fmt.Errorf("scrape over %v: %w", proto, err)
		}
		late = false
		for i, m := range asked {
			wait, err := m.judgeScrape(result[i])
			if err != nil {
				return fmt.Errorf("scrape over %v: %w", proto, err)
			}
			late = late || wait
		}
	}
	return nil
}
