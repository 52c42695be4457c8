package redisbus_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
)

const dropped = "starling_bus_dropped_total"

// calm has no probes in the time of a test.
var calm = redisbus.Options{Partitions: replica.Partitions, ProbeEvery: time.Hour}

// offers returns offers to as many browsers.
func offers(n int) []swarm.Signal {
	signals := make([]swarm.Signal, 0, n)
	for i := range n {
		signals = append(signals, bustest.Offer(bustest.ID(i), i))
	}
	return signals
}

func TestTheOffersOfAnAnnounceAreOneWrite(t *testing.T) {
	t.Parallel()
	proxy := tcpproxy.Start(t, redistest.Start(t).Addr)
	b := open(t, "redis://"+proxy.Addr, newPrefix(), calm)
	b.Publish(offers(1)...) // connects
	published := func(n int) func() bool {
		return func() bool { return b.count("starling_bus_published_total", "") == n }
	}
	await(t, "the first offer", published(1))
	var writes atomic.Int64
	proxy.Observe(func([]byte) { writes.Add(1) })
	b.Publish(offers(100)...)
	await(t, "the others", published(101))
	if got := writes.Load(); got > 2 { // at least 64 go together
		t.Errorf("got %d writes, want two at most for 100 offers", got)
	}
	writes.Store(0)
	b.Publish(offers(10)...)
	await(t, "ten more", published(111))
	if got := writes.Load(); got != 1 {
		t.Errorf("got %d writes, want one for 10 offers", got)
	}
	if got := b.count(dropped, "gone"); got != 111 {
		t.Errorf("got %d counted as gone, want all 111, since nobody is subscribed", got)
	}
}

// TestAReplicaHearsNothingOfWhatOthersRelay counts every byte that Redis sends to the third of three replicas.
func TestAReplicaHearsNothingOfWhatOthersRelay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := tcpproxy.Start(t, server.Addr)
	prefix := newPrefix()
	a, b, third := open(t, server.URL(), prefix, calm), open(t, server.URL(), prefix, calm), open(t, "redis://"+proxy.Addr, prefix, calm)
	const browsers, relayed = 100, 1000
	ears, deaf := make([]ear, browsers), make([]ear, browsers)
	for n := range browsers {
		for _, sub := range []struct {
			bus *bus
			id  int
			ear *ear
		}{{b, n, &ears[n]}, {third, browsers + n, &deaf[n]}} {
			if _, err := sub.bus.Subscribe(t.Context(), bustest.ID(sub.id), sub.ear.deliver); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.Publish(bustest.Offer(bustest.ID(browsers), 1))
	await(t, "an offer to the third", func() bool { return deaf[0].offers.Load() == 1 })
	before := proxy.Passed()
	for n := range relayed {
		a.Publish(bustest.Offer(bustest.ID(n%browsers), n))
	}
	await(t, "all offers", func() bool { return b.count("starling_bus_received_total", "") == relayed })
	for n := range ears {
		if got := ears[n].offers.Load(); got != relayed/browsers {
			t.Errorf("browser %d: got %d offers, want %d", n, got, relayed/browsers)
		}
	}
	if got := proxy.Passed() - before; got != 0 {
		t.Errorf("got %d bytes at a replica that nothing was for, want none", got)
	}
}

func TestWhatFindsNoRoomIsDroppedAtOnceAndCounted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := calm
	opts.Queue = 100
	b := open(t, server.URL(), newPrefix(), opts)
	server.Freeze()
	defer server.Thaw()
	began := time.Now()
	for range 100 {
		b.Publish(offers(100)...)
	}
	took := time.Since(began)
	full, away := b.count(dropped, "full"), b.count(dropped, "away")
	if full+away < 10_000-2*opts.Queue || full == 0 || took > 2*time.Second {
		t.Errorf("got %d counted as full and %d as away after %v, want nearly all 10,000 at once", full, away, took)
	}
	await(t, "the rest", func() bool { return b.count(dropped, "full")+b.count(dropped, "away") == 10_000 })
}

func TestBytesThatFindNoRoomAreDropped(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := calm
	opts.QueueBytes = 10_000
	b := open(t, server.URL(), newPrefix(), opts)
	server.Freeze()
	defer server.Thaw()
	s := bustest.Offer(bustest.ID(1), 1)
	s.SDP = []byte(`"` + strings.Repeat("x", 4000) + `"`)
	for range 10 {
		b.Publish(s)
	}
	if got := b.count(dropped, "full"); got < 10-2*2 {
		t.Errorf("got %d counted as full, want all but two that wait and two on their way", got)
	}
}

func TestWithoutRedisSignalsAreDroppedAtOnceUntilItIsBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	c := newCrowd(t, open(t, server.URL(), prefix, options), open(t, server.URL(), prefix, options), 1)
	server.Freeze()
	c.from.Publish(offers(1)...)
	await(t, "a signal given up", func() bool { return c.from.count(dropped, "away") > 0 })
	before, began := c.from.count(dropped, "away"), time.Now()
	for range 100 {
		c.from.Publish(offers(100)...)
	}
	if got, took := c.from.count(dropped, "away")-before, time.Since(began); got != 10_000 || took > time.Second {
		t.Errorf("got %d of 10,000 counted as away after %v, want all at once", got, took)
	}
	if waits := c.from.count(dropped, "full"); waits != 0 {
		t.Errorf("got %d counted as full, want none", waits)
	}
	server.Thaw()
	c.reach("after the thaw")
}

// TestWhatDoesNotFitIsDroppedBeforeItIsSent publishes what no other replica would take.
func TestWhatDoesNotFitIsDroppedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	opts := calm
	opts.MaxSDP = 100
	b := open(t, redistest.Start(t).URL(), newPrefix(), opts)
	large, just := bustest.Offer(bustest.ID(1), 1), bustest.Offer(bustest.ID(1), 2)
	large.SDP = []byte(`"` + strings.Repeat("x", 99) + `"`)
	just.SDP = []byte(`"` + strings.Repeat("x", 98) + `"`)
	b.Publish(large, just, swarm.Signal{Kind: swarm.Gap})
	await(t, "the one that fits", func() bool { return b.count("starling_bus_published_total", "") == 1 })
	if large, invalid := b.count(dropped, "too_large"), b.count(dropped, "invalid"); large != 1 || invalid != 1 {
		t.Errorf("got %d counted as too_large and %d as invalid, want 1 and 1", large, invalid)
	}
}

// TestWhatNobodyUnderstandsIsDropped publishes as anybody may who reaches Redis.
func TestWhatNobodyUnderstandsIsDropped(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix := newPrefix()
	c := newCrowd(t, open(t, server.URL(), prefix, calm), open(t, server.URL(), prefix, calm), 1)
	channel := c.at.conn.Channel(bustest.ID(0), replica.Partitions)
	bad := bustest.Offer(bustest.ID(0), 1)
	bad.SDP = []byte(`{"type":"offer"}, "injected": {}`)
	for _, text := range []string{"", "x", strings.Repeat("\xff", 100), string(redisbus.AppendMessage(nil, &bad, [8]byte{}))} {
		server.Do("SPUBLISH", channel, text)
	}
	good := bustest.Offer(bustest.ID(0), 1)
	offersBefore := c.ears[0].offers.Load()
	server.Do("SPUBLISH", channel, string(redisbus.AppendMessage(nil, &good, [8]byte{})))
	await(t, "the one that is understood", func() bool { return c.ears[0].offers.Load() > offersBefore })
	if got := c.at.count(dropped, "invalid"); got != 4 {
		t.Errorf("got %d counted as invalid, want 4", got)
	}
}

func TestPublishingDoesNotAllocate(t *testing.T) {
	conn, err := redisconn.Open(redisconn.Options{URL: "redis://127.0.0.1:1", Prefix: "t:"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	b := redisbus.New(conn, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), calm)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = b.Subscribe(done, bustest.ID(0), func(*swarm.Signal) bool { return true })
	signals := offers(100) // one is for who is here
	for range 4 {          // there are two buffers
		b.Publish(signals...)
		redisbus.Drain(b)
	}
	testutil.NoAllocs(t, "100 offers", func() {
		b.Publish(signals...)
		redisbus.Drain(b)
	})
}
