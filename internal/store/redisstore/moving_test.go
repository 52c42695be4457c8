package redisstore_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// TestAPoolThatMovesToAnotherNodeIsListed moves a swarm's slot, and has its peers announce before, while the
// pool is on its way, and after.
func TestAPoolThatMovesToAnotherNodeIsListed(t *testing.T) {
	cluster := redistest.StartCluster(t, 2, false)
	from, to := cluster.Masters[0], cluster.Masters[1]
	conn := connect(t, cluster.URL())
	s := open(t, conn, options)
	n := 0
	for redisconn.Slot(hash(n)) >= redisconn.Slots/2 { // it is one of the first master's
		n++
	}
	slot := redisconn.Slot(hash(n))
	announce := func(step string, p int) {
		t.Helper()
		var peers swarm.Peers
		stats, err := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(n), Peer: peer(p), NumWant: 50}, &peers)
		listed := len(peers[swarm.IPv4]) / swarm.IPv4.CompactLen()
		if err != nil || int(stats.Leechers) != p+1 || listed != p {
			t.Errorf("%s: got %+v, %d listed, error %v, want %d leechers, all but one listed", step, stats, listed, err, p+1)
		}
	}
	announce("before", 0)
	to.Do("CLUSTER", "SETSLOT", slot, "IMPORTING", from.Text("CLUSTER", "MYID"))
	from.Do("CLUSTER", "SETSLOT", slot, "MIGRATING", to.Text("CLUSTER", "MYID"))
	announce("not moved yet", 1)
	from.Do("MIGRATE", "127.0.0.1", to.Port(), conn.Pool(swarm.IPv4, hash(n)), 0, 1000)
	announce("on its way", 2)
	to.Do("CLUSTER", "SETSLOT", slot, "NODE", to.Text("CLUSTER", "MYID"))
	from.Do("CLUSTER", "SETSLOT", slot, "NODE", to.Text("CLUSTER", "MYID"))
	announce("moved", 3)
}

// TestConnectionsThatFailAreNotTriedAgainAtOnce announces all the time to a server that closes every connection.
func TestConnectionsThatFailAreNotTriedAgainAtOnce(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var tried atomic.Int64
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			tried.Add(1)
			c.Close()
		}
	}()
	s := open(t, connect(t, "redis://"+ln.Addr().String()), options)
	const span = 400 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	for ctx.Err() == nil { // of one swarm, and so of one lane
		if _, err := s.Announce(ctx, swarm.Announce{InfoHash: hash(1), Peer: peer(1)}, new(swarm.Peers)); err == nil {
			t.Fatal("got an answer of nobody")
		}
	}
	if got := tried.Load(); got == 0 || got > 4*int64(span/(20*time.Millisecond)) {
		t.Errorf("got %d connections tried in %v, want a few in 20ms at most", got, span)
	}
}
