package redisbus_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
)

// patience is how long anything may take on a busy machine.
const patience = 30 * time.Second

// await waits until something is so.
func await(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !so(); {
		select {
		case <-tick.C:
		case <-end:
			tb.Fatalf("waited %v in vain for %s", patience, what)
		}
	}
}

// An ear counts what one browser gets.
type ear struct{ offers, gaps atomic.Int64 }

func (e *ear) deliver(s *swarm.Signal) bool {
	switch s.Kind {
	case swarm.Offer:
		e.offers.Add(1)
	case swarm.Gap:
		e.gaps.Add(1)
	}
	return true
}

// A crowd is browsers of one replica, and another replica that sends them offers.
type crowd struct {
	t        *testing.T
	at, from *bus
	ears     []ear
}

// newCrowd subscribes so many browsers.
func newCrowd(t *testing.T, at, from *bus, n int) *crowd {
	t.Helper()
	c := &crowd{t: t, at: at, from: from, ears: make([]ear, n)}
	for i := range c.ears {
		_, err := at.Subscribe(t.Context(), bustest.ID(i), c.ears[i].deliver)
		if err != nil {
			t.Fatal(err)
		}
	}
	c.reach("at first")
	return c
}

// reach sends offers until each browser has one. A replica may take a moment to find that Redis is back.
func (c *crowd) reach(when string) {
	c.t.Helper()
	for i := range c.ears {
		had := c.ears[i].offers.Load()
		await(c.t, "an offer "+when, func() bool {
			c.from.Publish(bustest.Offer(bustest.ID(i), i))
			return c.ears[i].offers.Load() > had
		})
	}
}

// gaps returns how many browsers have a gap that they had not when before was returned.
func (c *crowd) gaps(before []int64) (n int) {
	for i := range c.ears {
		if before == nil && c.ears[i].gaps.Load() > 0 || before != nil && c.ears[i].gaps.Load() > before[i] {
			n++
		}
	}
	return n
}

// heals fails the test unless each browser gets a gap after what hurts, and offers again after it.
func (c *crowd) heals(what string, hurt func()) {
	c.t.Helper()
	before := make([]int64, len(c.ears))
	for i := range c.ears {
		before[i] = c.ears[i].gaps.Load()
	}
	reconnects := c.at.count("starling_bus_reconnects_total", "")
	hurt()
	began := time.Now()
	await(c.t, "a gap for each after "+what, func() bool { return c.gaps(before) == len(c.ears) })
	c.t.Logf("%s: all have a gap after %v", what, time.Since(began).Round(time.Millisecond))
	c.reach("after " + what)
	if got := c.at.count("starling_bus_reconnects_total", ""); got == reconnects {
		c.t.Errorf("%s: got no reconnect counted", what)
	}
}

// awaitAway waits until the replica of the crowd no longer waits for Redis.
func (c *crowd) awaitAway() {
	c.t.Helper()
	await(c.t, "an error at once", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		stop, err := c.at.Subscribe(ctx, bustest.ID(1_000_000), new(ear).deliver)
		stop()
		return err != nil && strings.Contains(err.Error(), "redis was not reached")
	})
}

func TestWhateverHappensToAServerHealsByItself(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := tcpproxy.Start(t, server.Addr)
	prefix := newPrefix()
	c := newCrowd(t, open(t, "redis://"+proxy.Addr, prefix, options), open(t, server.URL(), prefix, options), 100)
	c.heals("CLIENT KILL", func() { server.Do("CLIENT", "KILL", "TYPE", "pubsub") })
	c.heals("a restart", func() {
		server.Kill()
		c.awaitAway()
		server.Restart()
	})
	c.heals("SIGSTOP", func() {
		server.Freeze()
		c.awaitAway()
		server.Thaw()
	})
	c.heals("connections that are open and deaf", proxy.Mute)
	c.heals("connections that are refused", func() {
		proxy.Refuse()
		c.awaitAway()
		proxy.Accept()
	})
	server.Do("FLUSHALL")
	c.reach("after FLUSHALL")
}

// TestASubscriberThatIsTooSlowForRedisHeals has Redis close a connection because nobody reads it.
func TestASubscriberThatIsTooSlowForRedisHeals(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--client-output-buffer-limit", "pubsub 1mb 1mb 1")
	prefix := newPrefix()
	opts := options
	opts.Partitions = 1
	at, from := open(t, server.URL(), prefix, opts), open(t, server.URL(), prefix, opts)
	c := newCrowd(t, at, from, 20)
	hold := make(chan struct{})
	stuck := func(*swarm.Signal) bool { // what no subscriber may do
		<-hold
		return true
	}
	if _, err := at.Subscribe(t.Context(), bustest.ID(1000), stuck); err != nil {
		t.Fatal(err)
	}
	c.heals("an output buffer that overflows", func() {
		large := bustest.Offer(bustest.ID(1000), 1)
		large.SDP = []byte(`"` + strings.Repeat("x", 60_000) + `"`)
		await(t, "the limit", func() bool {
			from.Publish(large)
			return !strings.Contains(server.Text("CLIENT", "LIST", "TYPE", "pubsub"), "ssub=22")
		})
		close(hold)
	})
}

func TestAFailoverOfSentinelsHeals(t *testing.T) {
	t.Parallel()
	w := redistest.StartWatched(t)
	prefix := newPrefix()
	c := newCrowd(t, open(t, w.URL(), prefix, options), open(t, w.URL(), prefix, options), 50)
	c.heals("a failover, the master frozen", w.Master.Freeze)
	w.Master.Thaw()
	c.reach("when the old master is a replica")
}

func TestAFailoverInAClusterHeals(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, true)
	prefix := newPrefix()
	at := open(t, cluster.URL(), prefix, options)
	c := newCrowd(t, at, open(t, cluster.URL(), prefix, options), 100)
	cluster.Masters[1].Kill()
	await(t, "a gap for a third", func() bool { return c.gaps(nil) >= len(c.ears)/6 })
	c.reach("from the new master")
	if got := c.gaps(nil); got > len(c.ears)*2/3 {
		t.Errorf("got gaps for %d of %d, want them only for those whose partition was on the master that died", got, len(c.ears))
	}
}

// TestAPartitionFollowsItsSlot moves the slot of a partition to another node and back.
func TestAPartitionFollowsItsSlot(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, 3, false)
	prefix := newPrefix()
	at := open(t, cluster.URL(), prefix, options)
	c := newCrowd(t, at, open(t, cluster.URL(), prefix, options), 100)
	channel := at.conn.Channel(bustest.ID(0), replica.Partitions)
	slot := cluster.Masters[0].Int("CLUSTER", "KEYSLOT", channel)
	from, to := cluster.Masters[0], cluster.Masters[1]
	for _, m := range cluster.Masters { // it is of the one that has subscribers there
		if m.Text("PUBSUB", "SHARDNUMSUB", channel) == "["+channel+" 1]" {
			from = m
		}
	}
	if to == from {
		to = cluster.Masters[2]
	}
	for round, nodes := range [][2]*redistest.Server{{from, to}, {to, from}} {
		nodes[1].Do("CLUSTER", "SETSLOT", slot, "IMPORTING", nodes[0].Text("CLUSTER", "MYID"))
		nodes[0].Do("CLUSTER", "SETSLOT", slot, "MIGRATING", nodes[1].Text("CLUSTER", "MYID"))
		c.reach("while the slot is on its way")
		for _, m := range []*redistest.Server{nodes[1], nodes[0], cluster.Masters[2]} {
			m.Do("CLUSTER", "SETSLOT", slot, "NODE", nodes[1].Text("CLUSTER", "MYID"))
		}
		await(t, "a gap", func() bool { return c.ears[0].gaps.Load() > int64(round) })
		c.reach("when the slot has moved")
	}
	if got := c.gaps(nil); got > len(c.ears)/4 {
		t.Errorf("got gaps for %d of %d, want them only for those in the partition", got, len(c.ears))
	}
}

// TestALargeCrowdIsBackWithinSeconds also sees that Redis is never told of very many channels at once.
func TestALargeCrowdIsBackWithinSeconds(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	at := open(t, server.URL(), newPrefix(), redisbus.Options{Partitions: replica.Partitions})
	const browsers = 20_000
	gaps := subscribeMany(t, at, browsers)
	server.Do("CONFIG", "RESETSTAT")
	began := time.Now()
	server.Do("CLIENT", "KILL", "TYPE", "pubsub")
	await(t, "a gap for each", func() bool { return gaps.Load() == browsers })
	t.Logf("%d subscriptions are back after %v", browsers, time.Since(began).Round(time.Millisecond))
	// A partition has some 625 browsers: it takes two rounds, and one command for the channel of probes.
	const least = 3 * replica.Partitions
	if calls := commandCalls(server, "ssubscribe"); calls < least || calls > 2*least {
		t.Errorf("got %d commands, want %d, each of 500 channels at most, and few more", calls, least)
	}
}
