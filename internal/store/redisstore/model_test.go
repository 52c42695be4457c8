package redisstore_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/storetest"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var modelSeed = flag.Uint64("model.seed", 0, "what the model test does; zero: anything")

// shortShare is how many of the lists may be short, at most. It is reached in storms alone: of those here
// every fifteenth comes after the swarm grew or shrank tenfold, and 1 in 100 is short.
const shortShare = 0.01

// TestReplicasAgreeWithASimpleModel has replicas announce at random to one swarm, each in turn, of which
// every family grows from 1 to 5,000 peers and shrinks again, tenfold between two announces. Every reply
// is judged (judge_test.go).
func TestReplicasAgreeWithASimpleModel(t *testing.T) {
	t.Parallel()
	single := redistest.Start(t).URL()
	cluster := redistest.StartCluster(t, 3, false).URL()
	tests := []struct {
		name    string
		url     string
		recount time.Duration
		steps   int
	}{
		{"SingleServer/CountedEachTime", single, 0, 8000},
		{"SingleServer/CountedEveryTenSeconds", single, 10 * time.Second, 8000},
		{"Cluster/CountedEachTime", cluster, 0, 1500},
		{"Cluster/CountedEveryTenSeconds", cluster, 10 * time.Second, 1500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seed := *modelSeed
			if seed == 0 {
				seed = rand.Uint64()
			}
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("this was -model.seed=%d", seed)
				}
			})
			w := newWalk(t, tt.url, tt.recount, rand.New(rand.NewPCG(seed, 0)))
			for range tt.steps {
				w.step()
			}
			w.wantFewShort()
		})
	}
}

// Lifetimes of the walk. A peer is dead when the second is over in which its lifetime ends.
const (
	walkLifetime = 20 * time.Minute
	walkLease    = 4 * time.Minute
	lastSecond   = time.Second
)

// A walk is what replicas do at random to one swarm, and what a model does with them.
type walk struct {
	*testing.T
	rng      *rand.Rand
	model    *storetest.Model
	replicas []*replica
	recount  time.Duration
	now      time.Time
	latest   time.Time                       // that it has been
	size     [swarm.Families]int             // peers are drawn from so many
	versions map[swarm.Peer][2]swarm.Version // that browsers were given last, and before
	past     []moment                        // of the last seconds, in the order in which they came
	told     []moment                        // of past, those whose counts of other pools may be told now
	lists    int                             // that were asked for
	short    int                             // of lists, those that were short
}

func newWalk(t *testing.T, url string, recount time.Duration, rng *rand.Rand) *walk {
	w := &walk{
		T: t, rng: rng, recount: recount,
		now:      time.Unix(1_800_000_000, 0),
		model:    storetest.NewModel(walkLifetime+lastSecond, walkLease+lastSecond),
		size:     [swarm.Families]int{1, 2, 5},
		versions: map[swarm.Peer][2]swarm.Version{},
	}
	w.latest = w.now
	opts := options
	conn := connectFor(t, url, opts.Deadline) // on a machine that is busy, too
	opts.PeerLifetime, opts.Lease, opts.Recount = walkLifetime, walkLease, recount
	opts.Queue = maxSize
	opts.Now = func() time.Time { return w.now } // it is set while nobody announces
	for range 3 {
		w.replicas = append(w.replicas, newReplica(t, conn, opts))
	}
	w.remember()
	return w
}

// step does something.
func (w *walk) step() {
	w.Helper()
	r := w.replicas[w.rng.IntN(len(w.replicas))]
	f := swarm.Family(w.rng.IntN(swarm.Families))
	switch n := w.rng.IntN(200); {
	case n < 2:
		w.resize(r, f)
	case n < 6:
		r.forget()
	case n < 14:
		w.scrape(r)
	case n < 24:
		w.moveClock()
	default:
		w.announce(r, w.anyone(f))
	}
}

// anyone returns what some peer of f may say.
func (w *walk) anyone(f swarm.Family) swarm.Announce {
	wants := []int{0, 1, 10, 50, 50, 80, 200}
	a := swarm.Announce{
		InfoHash: hash(1), Peer: number[f](w.rng.IntN(w.size[f] + w.size[f]/10 + 2)),
		Event: bittorrent.Event(w.rng.IntN(bittorrent.Events)), Seeder: w.rng.IntN(2) == 0,
		NumWant: wants[w.rng.IntN(len(wants))], AnyFamily: w.rng.IntN(2) == 0,
	}
	a.Version = w.versions[a.Peer][0]
	if w.rng.IntN(10) == 0 {
		a.Version = w.versions[a.Peer][1] // of a session that has lost its record to another
	}
	if w.model.DiedLately(a.Peer) {
		a.Seeder = false // whether a download ended depends on what is remembered
	}
	for _, m := range w.told { // who follows nobody is listed when it is counted
		a.AnyFamily = a.AnyFamily && m.pools[swarm.IPv4].Seeders+m.pools[swarm.IPv4].Leechers > 0 &&
			m.pools[swarm.IPv6].Seeders+m.pools[swarm.IPv6].Leechers > 0
	}
	return a
}

// number holds what gives the peers of each family.
var number = [swarm.Families]func(int) swarm.Peer{peer, peer6, browser}

func browser(n int) swarm.Peer {
	return swarm.WebRTCPeer(bittorrent.PeerID(fmt.Appendf(nil, "-WW0001-%012d", n)))
}

// maxSize is how many peers of a family there are.
const maxSize = 5000

// resize has peers of f join or stop at once until there are ten times as many of them, or as few. A few
// of them want lists.
func (w *walk) resize(r *replica, f swarm.Family) {
	w.Helper()
	event := bittorrent.Started
	if w.size[f] > 1 && (w.rng.IntN(2) == 0 || w.size[f] == maxSize) {
		event = bittorrent.Stopped
		w.size[f] = max(1, w.size[f]/10)
	} else {
		w.size[f] = min(maxSize, w.size[f]*10)
	}
	var calls []swarm.Call
	mostlySeeders := w.rng.IntN(5) // of 4
	for n := range maxSize {
		p := number[f](n)
		if joins := event == bittorrent.Started; joins == w.model.Lives(p) || joins == (n >= w.size[f]) {
			continue
		}
		a := w.anyone(f)
		a.Peer, a.Event, a.Version = p, event, w.versions[p][0]
		a.Seeder = w.rng.IntN(4) < mostlySeeders && !w.model.DiedLately(p)
		if w.rng.IntN(20) != 0 {
			a.NumWant = 0
		}
		calls = append(calls, swarm.Call{Announce: a})
	}
	w.announceAll(r, calls)
}

// maxSetback is how far the clock may be behind what it has been. Purges leave the dead for longer.
const maxSetback = 50 * time.Second

// moveClock mostly has some seconds pass, now and then minutes, and once in a while sets the clock back.
func (w *walk) moveClock() {
	d := time.Duration(w.rng.IntN(15)) * time.Second
	switch n := w.rng.IntN(60); {
	case n < 6:
		d = min(d, w.now.Sub(w.latest.Add(-maxSetback)))
		d = -d
	case n < 10:
		d = time.Duration(w.rng.IntN(300)) * time.Second
	case n == 10:
		d = time.Duration(w.rng.Int64N(int64(2 * walkLifetime))).Truncate(time.Second)
	}
	w.now = w.now.Add(d)
	if w.now.After(w.latest) {
		w.latest = w.now
	}
	w.model.Advance(d)
	w.remember()
}
