package redisbus_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/tracker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// options let tests find a deaf connection within a second.
var options = redisbus.Options{Partitions: replica.Partitions, ProbeEvery: 200 * time.Millisecond}

// A bus is one with its metrics, that runs until the test is over.
type bus struct {
	*redisbus.Bus
	tb   testing.TB
	reg  *prometheus.Registry
	conn *redisconn.Conn
	stop func() // waits until it has stopped
}

var prefixes atomic.Int64

// newPrefix returns a prefix that no other test has.
func newPrefix() string { return fmt.Sprintf("t%d:", prefixes.Add(1)) }

// open returns a bus of a replica.
func open(tb testing.TB, url, prefix string, opts redisbus.Options) *bus {
	tb.Helper()
	return openLogging(tb, url, prefix, slog.New(slog.DiscardHandler), opts)
}

func openLogging(tb testing.TB, url, prefix string, log *slog.Logger, opts redisbus.Options) *bus {
	tb.Helper()
	conn, err := redisconn.Open(redisconn.Options{URL: url, Prefix: prefix})
	if err != nil {
		tb.Fatal(err)
	}
	b := &bus{tb: tb, reg: prometheus.NewRegistry(), conn: conn}
	b.Bus = redisbus.New(conn, log, b.reg, opts)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = func() {
		cancel()
		if err, running := <-done; running && err != nil {
			tb.Errorf("Run: %v", err)
		}
	}
	tb.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				tb.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			tb.Error("got a bus that did not stop")
		}
		_ = conn.Close()
	})
	return b
}

// opener opens buses of replicas over the Redis at url.
func opener(url string) bustest.Open {
	return func(tb testing.TB, replicas int) (buses []tracker.Bus) {
		prefix := newPrefix()
		for range replicas {
			buses = append(buses, open(tb, url, prefix, redisbus.Options{Partitions: replica.Partitions}))
		}
		return buses
	}
}

// count returns the value of a counter or gauge of the bus, with its reason if it has one.
func (b *bus) count(name, reason string) int {
	b.tb.Helper()
	families, err := b.reg.Gather()
	if err != nil {
		b.tb.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() != name || len(m.GetLabel()) > 0 && m.GetLabel()[0].GetValue() != reason {
				continue
			}
			return int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
		}
	}
	b.tb.Fatalf("got no metric %s %s", name, reason)
	return 0
}

func TestKeepsTheContractOnASingleServer(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	bustest.Run(t, opener(url))
	bustest.RunFleet(t, opener(url))
}

func TestKeepsTheContractOnACluster(t *testing.T) {
	t.Parallel()
	url := redistest.StartCluster(t, 3, false).URL()
	bustest.Run(t, opener(url))
	bustest.RunFleet(t, opener(url))
}
