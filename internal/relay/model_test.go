package relay_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "seed of the model test; zero: any")
	modelSteps = flag.Int("model.steps", 100_000, "steps of the model test")
)

const (
	modelReplicas = 3
	modelClients  = 24
	modelSwarms   = 4
	// modelEvery is how often clients announce.
	modelEvery = 2 * time.Minute
	// mended is how long after an outage all is in the store again that sessions have.
	mended = 3 * time.Second
	// settles is how long it takes until who missed a Taking is counted again for good, once its older
	// sessions are gone: until its next announce.
	settles = modelEvery + 5*time.Second
)

// A client is a browser, as it is meant to be.
type client struct {
	n      int
	at     *replica
	socket *socket           // nil while it is offline
	roles  map[int]bool      // of the swarms it is in, whether it seeds
	said   map[int]time.Time // when it announced in each
	open   []half            // its older sessions, whose clients are gone
	unsure bool              // a Taking was perhaps not heard by an older session
	sure   time.Time         // from then on it is known that it was, or that they are gone
	since  time.Time         // when its socket was opened
	clean  bool              // it left when nothing was in doubt, and so is gone at once
	gone   map[int]time.Time // when it was last in each swarm, by any session
}

// A half is a session of which the server does not know that its client is gone.
type half struct {
	at     *replica
	socket *socket
	until  time.Time
}

// goneFromAll notes that a session of the client is gone, which may have been in any swarm.
func (c *client) goneFromAll() {
	for h := range modelSwarms {
		c.gone[h] = time.Now()
	}
}

// A world is clients on replicas of which everything may fail, and what is known of both.
type world struct {
	t        *testing.T
	net      *net
	rng      *rand.Rand
	replicas []*replica
	clients  []*client
	step     int

	losing atomic.Bool // Takings are lost
	cut    *replica    // whose bus is away, or nil
	away   bool        // Redis is
	back   time.Time   // when it came back last
}

func TestReplicasAgreeWithTheTruthWhateverFails(t *testing.T) {
	seed := *modelSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("this was -model.seed=%d", seed)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		x, replicas := newNet(t, modelReplicas, options)
		w := &world{t: t, net: x, rng: rand.New(rand.NewPCG(seed, 1)), replicas: replicas}
		x.wire.lose = func(s *swarm.Signal) bool { return w.losing.Load() && s.Kind == swarm.Taking }
		for _, r := range replicas {
			r.slow()
		}
		for n := range modelClients {
			w.clients = append(w.clients, &client{
				n: n, roles: map[int]bool{}, said: map[int]time.Time{}, gone: map[int]time.Time{},
			})
		}
		for w.step = range *modelSteps {
			w.act()
			wait(time.Duration(w.rng.Int64N(int64(100 * time.Millisecond))))
			w.tend()
			w.check(w.step % modelSwarms)
		}
		w.settle()
	})
}

// slow has what the replica does besides announces take its time, before and after it is done.
func (r *replica) slow() {
	hook := func(c call) {
		if c != announcing {
			time.Sleep(rand.N(40 * time.Millisecond))
		}
	}
	r.door.hook.Store(&hook)
}

// act does one thing.
func (w *world) act() {
	c := w.clients[w.rng.IntN(len(w.clients))]
	switch n := w.rng.IntN(1000); {
	case n < 2:
		w.fault()
	case n < 3:
		w.killReplica(w.rng.IntN(len(w.replicas)))
	case n < 10:
		w.connect(c)
	case n < 18:
		w.vanish(c)
		w.connect(c)
	case n < 25:
		w.close(c)
	case n < 28:
		w.vanish(c)
	case n < 60 && c.socket != nil:
		w.leave(c, w.rng.IntN(modelSwarms))
	case c.socket != nil:
		w.announce(c, w.rng.IntN(modelSwarms), w.rng.IntN(2) == 0)
	}
}

// fault begins one, or ends all.
func (w *world) fault() {
	if w.faulty() {
		w.heal()
		return
	}
	switch w.rng.IntN(3) {
	case 0:
		w.losing.Store(true)
	case 1:
		w.cut = w.replicas[w.rng.IntN(len(w.replicas))]
		w.cut.bus.cut()
	default:
		w.away = true
		for _, r := range w.replicas {
			r.door.shut.Store(true)
			r.bus.cut()
		}
	}
}

func (w *world) faulty() bool { return w.losing.Load() || w.cut != nil || w.away }

// heal ends all faults, those of the bus and of the store one after the other.
func (w *world) heal() {
	if !w.faulty() {
		return
	}
	if w.away {
		busFirst := w.rng.IntN(2) == 0
		for i := range 2 {
			for _, r := range w.replicas {
				if (i == 0) == busFirst {
					r.bus.mend()
				} else {
					r.door.shut.Store(false)
				}
			}
			wait(time.Duration(w.rng.Int64N(int64(2 * time.Second))))
		}
		w.back = time.Now()
	}
	if w.cut != nil {
		w.cut.bus.mend()
	}
	w.losing.Store(false)
	w.cut, w.away = nil, false
}

// killReplica kills one and starts another in its place. Its clients come back at once.
func (w *world) killReplica(i int) {
	if w.faulty() {
		return
	}
	dead := w.replicas[i]
	dead.kill()
	w.replicas[i] = w.net.start(options)
	w.replicas[i].slow()
	for _, c := range w.clients {
		c.open = slices.DeleteFunc(c.open, func(h half) bool {
			if h.at == dead {
				c.goneFromAll()
			}
			return h.at == dead
		})
		if c.at == dead {
			c.socket, c.at = nil, nil
			w.connect(c)
		}
	}
}

// connect opens a socket, on any replica, and announces on it all that the client is in.
func (w *world) connect(c *client) {
	old := c.socket
	c.at = w.replicas[w.rng.IntN(len(w.replicas))]
	c.socket = c.at.open()
	c.since, c.clean = time.Now(), false
	c.unsure = c.unsure || w.faulty() && old != nil
	for h, seeder := range c.roles {
		w.announce(c, h, seeder)
	}
	if old != nil {
		old.Close()
	}
}

// vanish has the client go without a word.
func (w *world) vanish(c *client) {
	if c.socket == nil {
		return
	}
	known := time.Now().Add(time.Duration(w.rng.Int64N(int64(90 * time.Second))))
	c.open = append(c.open, half{c.at, c.socket, known})
	c.socket, c.at = nil, nil
}

func (w *world) close(c *client) {
	if c.socket == nil {
		return
	}
	c.socket.Close()
	c.socket, c.at = nil, nil
	c.clean = w.certain(c) && !w.faulty() && len(c.open) == 0 && time.Since(c.since) > lease*2/3 && time.Since(w.back) > lease
}

// certain reports whether nothing that failed keeps the client from being counted.
func (w *world) certain(c *client) bool {
	return !c.unsure && time.Now().After(c.sure) && !w.away && time.Since(w.back) > mended
}

func (w *world) announce(c *client, h int, seeder bool) {
	c.unsure = c.unsure || w.faulty() && len(c.open) > 0
	c.roles[h], c.said[h] = seeder, time.Now()
	c.socket.say(c.n, swarm.Announce{InfoHash: hash(h + 1), Seeder: seeder})
}

func (w *world) leave(c *client, h int) {
	if _, in := c.roles[h]; !in {
		return
	}
	c.socket.say(c.n, swarm.Announce{InfoHash: hash(h + 1), Event: bittorrent.Stopped})
	delete(c.roles, h)
	c.gone[h] = time.Now()
}

// tend does what is due: clients announce again, and the server finds out who is gone.
func (w *world) tend() {
	now := time.Now()
	for _, c := range w.clients {
		c.open = slices.DeleteFunc(c.open, func(h half) bool {
			if now.Before(h.until) {
				return false
			}
			h.socket.Close()
			c.goneFromAll()
			return true
		})
		if c.unsure && len(c.open) == 0 {
			c.unsure, c.sure = false, now.Add(settles)
		}
		for h, seeder := range c.roles {
			if c.socket != nil {
				c.gone[h] = now
				if now.Sub(c.said[h]) >= modelEvery {
					w.announce(c, h, seeder)
				}
			}
		}
	}
}

// check compares what the store has of a swarm with what may be in it.
func (w *world) check(h int) {
	w.t.Helper()
	seeds := w.members(h)
	for _, c := range w.clients {
		seeder, there := seeds[browser(c.n)]
		seeds, in := c.roles[h]
		online, alone, left := in && c.socket != nil, len(c.open) == 0, time.Since(c.gone[h])
		switch {
		case online && !there && w.certain(c):
			w.t.Fatalf("step %d: client %d is missing in swarm %d", w.step, c.n, h)
		case online && there && w.certain(c) && alone && seeder != seeds && time.Since(c.said[h]) > lease:
			w.t.Fatalf("step %d: client %d in swarm %d: got seeder %v, want %v", w.step, c.n, h, seeder, seeds)
		case !online && there && alone && left > lease+grace+mended, !online && there && c.clean && left > time.Second:
			w.t.Fatalf("step %d: client %d is in swarm %d, %v after it left", w.step, c.n, h, left)
		}
	}
}

// members returns who is in a swarm by the store, and who of them seeds. Nobody is twice.
func (w *world) members(h int) map[bittorrent.PeerID]bool {
	d, err := w.net.store.Detail(context.Background(), hash(h+1), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	seeds := map[bittorrent.PeerID]bool{}
	for _, pool := range d.Pools {
		for _, p := range pool.Peers {
			if _, twice := seeds[p.Peer.ID()]; twice {
				w.t.Fatalf("step %d: %v is in swarm %d twice", w.step, p.Peer, h)
			}
			seeds[p.Peer.ID()] = p.Seeder
		}
	}
	if counted := w.net.members(hash(h + 1)); counted != len(seeds) {
		w.t.Fatalf("step %d: got %d counted in swarm %d of %d", w.step, counted, h, len(seeds))
	}
	return seeds
}

// settle ends all faults, and fails the test unless the store has the truth after a lease.
func (w *world) settle() {
	w.heal()
	for range int(settles/time.Second) + int((lease+grace+90*time.Second)/time.Second) {
		wait(time.Second)
		w.tend()
	}
	records := 0
	for h := range modelSwarms {
		want := map[string]bool{}
		for _, c := range w.clients {
			if seeder, in := c.roles[h]; in && c.socket != nil {
				want[browser(c.n).String()] = seeder
			}
		}
		got := map[string]bool{}
		for id, seeder := range w.members(h) {
			got[id.String()] = seeder
		}
		records += len(want)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			w.t.Errorf("at the end, in swarm %d: got %v, want %v", h, got, want)
		}
	}
	got := 0
	for _, r := range w.replicas {
		got += r.metric("starling_webrtc_records")
	}
	if got != records {
		w.t.Errorf("at the end: got %d records of sessions, want %d", got, records)
	}
}
