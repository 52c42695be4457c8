package relay_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	lease    = time.Minute
	lifetime = 5 * time.Minute
	// grace is how much longer than its lease a record may last in memstore.
	grace = 20 * time.Second
)

var options = relay.Options{Lease: lease, Lifetime: lifetime, Timeout: time.Second}

// A net is several replicas over one store, in a bubble where time is the test's.
type net struct {
	t     *testing.T
	store *sharedStore
	wire  *wire

	replicas []*replica // all that were started
}

// A replica is a relay, and what a test does to it.
type replica struct {
	*relay.Relay
	net  *net
	bus  *end
	reg  *prometheus.Registry
	door *door
	stop func() // ends Run
}

// newNet returns a net of n replicas.
func newNet(t *testing.T, n int, opts relay.Options) (*net, []*replica) {
	ctx, cancel := context.WithCancel(context.Background())
	mem := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: 10 * time.Minute, Lease: lease})
	running := make(chan struct{})
	go func() { _ = mem.Run(ctx); close(running) }()
	x := &net{t: t, store: &sharedStore{Store: mem}, wire: &wire{}}
	var all []*replica
	for range n {
		all = append(all, x.start(opts))
	}
	t.Cleanup(func() {
		for _, r := range x.replicas {
			r.stop()
		}
		cancel()
		<-running
	})
	return x, all
}

// start adds a replica.
func (x *net) start(opts relay.Options) *replica {
	ctx, cancel := context.WithCancel(context.Background())
	r := &replica{net: x, bus: x.wire.join(), reg: prometheus.NewRegistry(), door: &door{sharedStore: x.store}}
	trk := tracker.New(r.door, r.reg, tracker.Options{
		Interval: 2 * time.Minute, MinInterval: time.Minute, NumWant: 50, MaxNumWant: 200,
	})
	r.Relay = relay.New(trk, r.door, r.bus, slog.New(slog.DiscardHandler), r.reg, opts)
	stopped := make(chan error, 1)
	go func() { stopped <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-stopped; err != nil {
			x.t.Errorf("Run: %v", err)
		}
	})
	x.replicas = append(x.replicas, r)
	return r
}

// kill ends a replica at once: nothing of it reaches the others any more, or it them.
func (r *replica) kill() {
	r.door.shut.Store(true)
	r.bus.leave()
	r.stop()
}

// A sharedStore is what all replicas write to.
type sharedStore struct{ *memstore.Store }

// A door is a replica's way to the store, which may be shut.
type door struct {
	*sharedStore
	fails atomic.Pointer[error] // what all calls fail with
	shut  atomic.Bool
	hook  atomic.Pointer[func(call)] // called before and after each call
	calls [calls]atomic.Int64
}

var errShut = swarm.RefusedError{Reason: swarm.Unavailable}

// A call is what a replica has its store do.
type call int

const (
	announcing call = iota
	renewing
	releasing
	examining
	calls
)

func (d *door) enter(c call) error {
	d.calls[c].Add(1)
	d.pass(c)
	if d.shut.Load() {
		return errShut
	}
	if err := d.fails.Load(); err != nil {
		return *err
	}
	return nil
}

func (d *door) pass(c call) {
	if h := d.hook.Load(); h != nil {
		(*h)(c)
	}
}

func (d *door) Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Result, error) {
	if err := d.enter(announcing); err != nil {
		return swarm.Result{}, err
	}
	defer d.pass(announcing)
	return d.sharedStore.Announce(ctx, a, peers)
}

func (d *door) Renew(ctx context.Context, records []swarm.Record) error {
	if err := d.enter(renewing); err != nil {
		return err
	}
	defer d.pass(renewing)
	return d.sharedStore.Renew(ctx, records)
}

func (d *door) Release(ctx context.Context, records []swarm.Record) error {
	if err := cmp.Or(d.enter(releasing), ctx.Err()); err != nil {
		return err
	}
	defer d.pass(releasing)
	return d.sharedStore.Release(ctx, records)
}

func (d *door) Held(ctx context.Context, records []swarm.Record, held []swarm.Holding) ([]swarm.Holding, error) {
	if err := d.enter(examining); err != nil {
		return held, err
	}
	defer d.pass(examining)
	return d.sharedStore.Held(ctx, records, held)
}

// A socket is a session and what was delivered to it.
type socket struct {
	*relay.Session
	*inbox
	t *testing.T
}

// An inbox is a relay.Receiver.
type inbox struct {
	mu      sync.Mutex // guards what follows
	offers  []swarm.Signal
	answers []swarm.Signal
}

func (r *replica) open() *socket {
	in := &inbox{}
	return &socket{r.Open(receiver{in}), in, r.net.t}
}

// A receiver is an inbox, without the names that sessions have for what they send.
type receiver struct{ in *inbox }

func (x receiver) Offer(o *swarm.Signal) {
	x.in.mu.Lock()
	defer x.in.mu.Unlock()
	x.in.offers = append(x.in.offers, *o)
}

func (x receiver) Answer(a *swarm.Signal) {
	x.in.mu.Lock()
	defer x.in.mu.Unlock()
	x.in.answers = append(x.in.answers, *a)
}

// got returns the offers and answers delivered since it was last called.
func (s *inbox) got() (offers, answers []swarm.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	offers, answers = s.offers, s.answers
	s.offers, s.answers = nil, nil
	return offers, answers
}

// say announces the n-th browser in the swarm hash(1), and must succeed.
func (s *socket) say(n int, a swarm.Announce, offers ...swarm.Offered) (swarm.Reply, []swarm.Signal) {
	s.t.Helper()
	if a.InfoHash == (bittorrent.InfoHash{}) {
		a.InfoHash = hash(1)
	}
	a.Peer, a.Proto = swarm.WebRTCPeer(browser(n)), swarm.WebSocket
	reply, pairs, err := s.Announce(context.Background(), a, offers, nil)
	if err != nil {
		s.t.Fatalf("announce of browser %d: %v", n, err)
	}
	return reply, pairs
}

func (s *socket) join(n int)  { s.t.Helper(); s.say(n, swarm.Announce{Event: bittorrent.Started}) }
func (s *socket) leave(n int) { s.t.Helper(); s.say(n, swarm.Announce{Event: bittorrent.Stopped}) }

// wantMembers fails the test unless the store counts n browsers in hash(1).
func (x *net) wantMembers(what string, n int) {
	x.t.Helper()
	if got := x.members(hash(1)); got != n {
		x.t.Errorf("%s: got %d members, want %d", what, got, n)
	}
}

func (x *net) members(h bittorrent.InfoHash) int {
	stats, _ := x.store.Scrape(context.Background(), []bittorrent.InfoHash{h}, nil)
	return int(stats[0].Seeders + stats[0].Leechers)
}

func hash(n int) (h bittorrent.InfoHash) {
	binary.BigEndian.PutUint32(h[:], uint32(n)*0x9e3779b1)
	return h
}

func browser(n int) (id bittorrent.PeerID) {
	copy(id[:], "-WW0001-")
	binary.LittleEndian.PutUint32(id[16:], uint32(n)*0x9e3779b1)
	return id
}

// offers returns n offers, whose IDs and SDPs begin with tag.
func offers(tag byte, n int) (all []swarm.Offered) {
	for i := range n {
		all = append(all, swarm.Offered{ID: bittorrent.OfferID{tag, byte(i)}, SDP: []byte{tag, byte(i)}})
	}
	return all
}

// inBubble runs test with a net of n replicas, where time goes by when everybody waits.
func inBubble(t *testing.T, n int, test func(x *net, r []*replica)) {
	inBubbleWith(t, n, options, test)
}

func inBubbleWith(t *testing.T, n int, opts relay.Options, test func(x *net, r []*replica)) {
	synctest.Test(t, func(t *testing.T) {
		x, replicas := newNet(t, n, opts)
		synctest.Wait() // for Run, whose first round is empty
		test(x, replicas)
	})
}

// wait lets time go by.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestAnOfferCrossesAndItsAnswerComesBack(t *testing.T) {
	inBubble(t, 2, func(x *net, r []*replica) {
		for _, far := range []int{0, 1} {
			a, b := r[0].open(), r[far].open()
			b.join(2)
			_, pairs := a.say(1, swarm.Announce{}, offers('x', 3)...)
			if len(pairs) != 1 || pairs[0].To != browser(2) || pairs[0].From != browser(1) {
				t.Fatalf("got the pairs %v, want one offer of 1 to 2", pairs)
			}
			if got, _ := b.got(); len(got) != 0 {
				t.Errorf("before Send: got %v", got)
			}
			a.Send(pairs)
			got, _ := b.got()
			if len(got) != 1 || got[0].OfferID != (bittorrent.OfferID{'x', 0}) || string(got[0].SDP) != "x\x00" {
				t.Fatalf("got the offers %v, want the first one", got)
			}
			b.Answer(swarm.Signal{
				To: browser(1), From: browser(2), InfoHash: hash(1), OfferID: got[0].OfferID, SDP: []byte("yes"),
			})
			_, answers := a.got()
			if len(answers) != 1 || answers[0].From != browser(2) || string(answers[0].SDP) != "yes" {
				t.Fatalf("got the answers %v, want one of 2", answers)
			}
			a.Close()
			b.Close()
			wait(time.Millisecond)
			x.wantMembers("both closed", 0)
		}
	})
}

// lose has the store lose the n-th browser of hash(1), and takeAway has somebody else write it.
func (s *sharedStore) lose(n int) {
	r := s.takeAway(n)
	_ = s.Store.Release(context.Background(), []swarm.Record{r})
}

func (s *sharedStore) takeAway(n int) swarm.Record {
	records := []swarm.Record{{InfoHash: hash(1), Peer: browser(n)}}
	_ = s.Store.Renew(context.Background(), records)
	return records[0]
}
