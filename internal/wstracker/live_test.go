package wstracker_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/bus/localbus"
	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/wstracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// net/http lingers for half a second on connections that it closes.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// A live frontend serves on a loopback address, over a real relay, tracker and store. Connections come from
// a trusted proxy, so that a test may call from any address.
type live struct {
	t        testing.TB
	frontend *wstracker.Frontend
	tracker  *tracker.Tracker
	reg      *prometheus.Registry
	addr     string
	stop     func() // returns when all is stopped
}

func options() wstracker.Options {
	return wstracker.Options{
		Listen: []string{"127.0.0.1:0"}, Interval: 2 * time.Minute, MinScrapeInterval: 10 * time.Minute,
		MaxMessage: 256 << 10, MaxOffers: 20, Outbox: 256 << 10, Ping: 45 * time.Second, WriteTimeout: 10 * time.Second,
		ShutdownTimeout: 5 * time.Second,
		ClientIP: clientip.Options{
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Header: "X-Forwarded-For",
		},
	}
}

// start serves until the test is over, with options that change may change.
func start(t testing.TB, change func(*wstracker.Options)) *live {
	t.Helper()
	reg := prometheus.NewRegistry()
	store := memstore.New(reg, memstore.Options{PeerLifetime: time.Hour, Lease: time.Minute})
	service := tracker.New(store, reg, tracker.Options{
		Interval: 30 * time.Minute, MinInterval: 15 * time.Minute, NumWant: 50, MaxNumWant: 200,
	})
	log := slog.New(slog.DiscardHandler)
	browsers := relay.New(service, store, localbus.New(), log, reg, relay.Options{Lease: time.Minute, Lifetime: 5 * time.Minute})
	l := startWith(t, service, func(r wstracker.Receiver) wstracker.Session { return browsers.Open(r) }, reg, change)
	l.tracker = service
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- browsers.Run(ctx) }()
	t.Cleanup(func() {
		l.stop() // before what it calls
		cancel()
		if err := <-done; err != nil {
			t.Errorf("relay: %v", err)
		}
	})
	return l
}

func startWith(
	t testing.TB, service wstracker.Tracker, open func(wstracker.Receiver) wstracker.Session, reg *prometheus.Registry,
	change func(*wstracker.Options),
) *live {
	t.Helper()
	opts := options()
	if change != nil {
		change(&opts)
	}
	f, err := wstracker.New(t.Context(), service, open, slog.New(slog.DiscardHandler), reg, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	l := &live{t: t, frontend: f, reg: reg, addr: f.Addrs()[0].String()}
	stopped := false
	l.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(l.stop)
	return l
}

// A browser is a client of the frontend.
type browser struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens a socket.
func (l *live) dial() *browser {
	l.t.Helper()
	conn, resp, err := websocket.Dial(l.t.Context(), "ws://"+l.addr+"/announce", nil) //nolint:bodyclose // the library does
	if err != nil {
		l.t.Fatalf("dial: %v, %v", err, resp)
	}
	l.t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(4 << 20)
	return &browser{l.t, conn}
}

// send sends text as one message.
func (b *browser) send(text string) {
	b.t.Helper()
	if err := b.conn.Write(b.t.Context(), websocket.MessageText, []byte(text)); err != nil {
		b.t.Fatalf("send: %v", err)
	}
}

// line returns the next message as it came.
func (b *browser) line() string {
	b.t.Helper()
	typ, text, err := b.next()
	if err != nil {
		b.t.Fatalf("got %v, want a message", err)
	}
	if typ != websocket.MessageText {
		b.t.Errorf("got a message of %v, want text", typ)
	}
	return text
}

func (b *browser) next() (websocket.MessageType, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	typ, text, err := b.conn.Read(ctx)
	return typ, string(text), err
}

// get returns the next message.
func (b *browser) get() wsproto.ServerMessage {
	b.t.Helper()
	line := b.line()
	var m wsproto.ServerMessage
	if err := wsproto.ParseServer([]byte(line), &m); err != nil {
		b.t.Fatalf("got %q: %v", line, err)
	}
	return m
}

// nothing fails the test when a message of any kind came before the reply to an empty scrape. When it returns,
// all that the browser sent before has been handled.
func (b *browser) nothing(what string) {
	b.t.Helper()
	b.send(`{"action":"scrape","info_hash":[]}`)
	if got := b.line(); !strings.HasPrefix(got, `{"action":"scrape"`) {
		b.t.Errorf("%s: got %q, want nothing", what, got)
	}
}

// The swarm of the tests, and peer IDs in it.
var (
	hash  = bittorrent.InfoHash([]byte("\x00\x7f\x80\xff\"\\/ hash of a swarm"[:20]))
	alice = bittorrent.PeerID([]byte("-WW0102-alice\xff\x80\x00\n\r\t\""))
	bob   = bittorrent.PeerID([]byte("-WW0102-bob---------"))
	carol = bittorrent.PeerID([]byte("-WW0102-carol-------"))
)

const (
	offerSDP  = `{"type":"offer","sdp":"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"}`
	answerSDP = `{"type":"answer","sdp":"v=0\r\no=- 3 4 IN IP4 127.0.0.1\r\n"}`
)

func offerID(n byte) (id bittorrent.OfferID) {
	id[0], id[19] = 0xff, n
	return id
}

// announce makes an announce with so many offers.
func announce(id bittorrent.PeerID, left uint64, event bittorrent.Event, offers int) string {
	r := wsproto.AnnounceRequest{InfoHash: hash, PeerID: id, Left: left, Event: event, NumWant: offers}
	for n := range offers {
		r.Offers = append(r.Offers, wsproto.Offer{ID: offerID(byte(n)), SDP: []byte(offerSDP)})
	}
	return string(wsproto.AppendAnnounce(nil, &r))
}

// join announces and returns the reply.
func (b *browser) join(id bittorrent.PeerID, left uint64, offers int) wsproto.ServerMessage {
	b.t.Helper()
	b.send(announce(id, left, bittorrent.Started, offers))
	return b.reply()
}

// reply returns the next message, which must be a reply.
func (b *browser) reply() wsproto.ServerMessage {
	b.t.Helper()
	m := b.get()
	if m.Kind != wsproto.KindReply || m.InfoHash != hash {
		b.t.Fatalf("got %v %+v, want a reply", m.Kind, m)
	}
	return m
}

// counts returns how many seeders and leechers the swarm has.
func (l *live) counts() swarm.Stats {
	l.t.Helper()
	stats, err := l.tracker.Scrape(context.Background(), swarm.HTTP, 1, []bittorrent.InfoHash{hash}, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return stats[0]
}

// await waits until ok returns true.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !starlingtest.Poll(patience, ok) {
		t.Fatalf("%s did not come true within %v", what, patience)
	}
}

// wantMetric waits until a metric of which a label has the value label, if one is given, has the value want.
func (l *live) wantMetric(name, label string, want float64) {
	l.t.Helper()
	got := 0.0
	if !starlingtest.Poll(patience, func() bool { got = l.metric(name, label); return got == want }) {
		l.t.Errorf("got %v of %s %s, want %v", got, name, label, want)
	}
}

func (l *live) metric(name, label string) (sum float64) {
	l.t.Helper()
	families, err := l.reg.Gather()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has := label == ""
			for _, pair := range m.GetLabel() {
				has = has || pair.GetValue() == label
			}
			if f.GetName() == name && has {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
