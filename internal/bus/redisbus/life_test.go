package redisbus_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promtest "github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func TestAnOutageIsToldOnceAndItsEndOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	prefix, log := newPrefix(), new(lines)
	at := openLogging(t, server.URL(), prefix, slog.New(slog.NewTextHandler(log, nil)), options)
	c := newCrowd(t, at, open(t, server.URL(), prefix, options), 100)
	server.Kill()
	c.awaitAway()
	server.Restart()
	await(t, "the end to be told", func() bool { return log.count("signals of other replicas arrive again") > 0 })
	c.reach("after the restart")
	if lost, back, all := log.count("do not arrive"), log.count("arrive again"), log.count("msg="); lost != 1 || back != 1 || all != 2 {
		t.Errorf("got %d lines of the outage, %d of its end, %d in all, want one, one and two:\n%s", lost, back, all, &log.buf)
	}
}

func TestWhatRedisRefusesIsTold(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	server.Do("ACL", "SETUSER", "mute", "on", ">secret", "&*", "+@all", "-spublish")
	log := new(lines)
	b := openLogging(t, "redis://mute:secret@"+server.Addr, newPrefix(), slog.New(slog.NewTextHandler(log, nil)), calm)
	b.Publish(offers(10)...)
	await(t, "all to be dropped", func() bool { return b.count(dropped, "away") == 10 })
	await(t, "a line", func() bool { return log.count("redis refuses signals") == 1 && log.count("NOPERM") == 1 })
}

func TestMetricsAreThereFromTheStartAndWellFormed(t *testing.T) {
	conn, err := redisconn.Open(redisconn.Options{URL: "redis://127.0.0.1:1", Prefix: "t:"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reg := prometheus.NewRegistry()
	redisbus.New(conn, slog.New(slog.DiscardHandler), reg, calm)
	if problems, err := promtest.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("got problems %v, error %v", problems, err)
	}
	b := &bus{tb: t, reg: reg}
	for _, reason := range []string{"full", "away", "too_large", "invalid", "gone"} {
		if got := b.count(dropped, reason); got != 0 {
			t.Errorf("%s: got %d, want 0", reason, got)
		}
	}
	for _, name := range []string{"reconnects_total", "subscriptions", "published_total", "received_total"} {
		if got := b.count("starling_bus_"+name, ""); got != 0 {
			t.Errorf("%s: got %d, want 0", name, got)
		}
	}
}

func TestSubscriptionsAreCountedWhileTheyLast(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	b := open(t, server.URL(), newPrefix(), calm)
	stops := make([]func(), 50)
	for n := range stops {
		stops[n] = bustest.NewInbox(t, "one of many").Subscribe(b, bustest.ID(n))
	}
	if got := b.count("starling_bus_subscriptions", ""); got != len(stops) {
		t.Errorf("got %d, want %d", got, len(stops))
	}
	for _, stop := range stops {
		stop()
		stop()
	}
	if got := b.count("starling_bus_subscriptions", ""); got != 0 {
		t.Errorf("got %d after all have stopped, want 0", got)
	}
	await(t, "Redis to be told", func() bool {
		return !strings.Contains(server.Text("PUBSUB", "SHARDCHANNELS", "*"), "-WW0001-")
	})
}

// TestWhoWaitAtOnceAreTakenTogether has subscribers queue up while Redis stands still.
func TestWhoWaitAtOnceAreTakenTogether(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opts := calm
	opts.Partitions = 1
	b := open(t, server.URL(), newPrefix(), opts)
	stops := make(chan func(), 1000)
	stops <- bustest.NewInbox(t, "the first").Subscribe(b, bustest.ID(0))
	server.Do("CONFIG", "RESETSTAT")
	server.Freeze()
	var subscribing sync.WaitGroup
	for n := 1; n < cap(stops); n++ {
		subscribing.Go(func() { stops <- bustest.NewInbox(t, "one of many").Subscribe(b, bustest.ID(n)) })
	}
	await(t, "all to wait", func() bool { return b.count("starling_bus_subscriptions", "") == cap(stops) })
	server.Thaw()
	subscribing.Wait()
	if got := commandCalls(server, "ssubscribe"); got > 4 { // some that came before the others, and 500 each
		t.Errorf("got %d commands for %d subscriptions, want few", got, cap(stops)-1)
	}
	server.Freeze()
	for range cap(stops) {
		(<-stops)()
	}
	server.Thaw()
	await(t, "Redis to be told", func() bool {
		return !strings.Contains(server.Text("PUBSUB", "SHARDCHANNELS", "*"), "-WW0001-")
	})
	if got := commandCalls(server, "sunsubscribe"); got > 4 {
		t.Errorf("got %d commands for %d subscriptions that end, want few", got, cap(stops))
	}
}

func TestABusStopsWhateverRedisDoes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	conn, err := redisconn.Open(redisconn.Options{URL: server.URL(), Prefix: newPrefix()})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	registry := prometheus.NewRegistry()
	b := redisbus.New(conn, slog.New(slog.DiscardHandler), registry, options)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	in := bustest.NewInbox(t, "one")
	in.Subscribe(b, bustest.ID(0))
	server.Freeze()
	defer server.Thaw()
	b.Publish(offers(1000)...)
	began := time.Now()
	cancel()
	if err := <-done; err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("got error %v after %v, want none within seconds", err, time.Since(began))
	}
	began = time.Now()
	b.Publish(offers(1000)...)
	reg := &bus{tb: t, reg: registry}
	lost := reg.count(dropped, "away") + reg.count(dropped, "full")
	if sent := reg.count("starling_bus_published_total", ""); sent+lost != 2*999 { // one each time was for who is here
		t.Errorf("got %d published and %d dropped, want every signal counted", sent, lost)
	}
	if _, err := b.Subscribe(t.Context(), bustest.ID(1), in.Deliver); err == nil || time.Since(began) > time.Second {
		t.Errorf("subscribing to a bus that has stopped: got error %v after %v, want one at once", err, time.Since(began))
	}
}
