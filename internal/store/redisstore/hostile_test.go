package redisstore_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestACrowdThatDiedCostsNobodyMuch(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	now := time.Now()
	opts := options
	opts.Now = func() time.Time { return now }
	s := open(t, conn, opts)
	calls := make([]swarm.Call, 20_000)
	for i := range calls {
		calls[i].Announce = swarm.Announce{InfoHash: hash(1), Peer: peer(i)}
	}
	for part := range len(calls) / 2000 {
		s.AnnounceAll(t.Context(), calls[part*2000:(part+1)*2000])
	}
	now = now.Add(options.PeerLifetime - 10*time.Second)
	for p := range 10 {
		say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(100_000 + p)})
	}
	now = now.Add(20 * time.Second) // the crowd is dead, and nobody purges yet
	sent := func() int {
		n, _ := strconv.Atoi(infoOf(server, "stats", "total_net_output_bytes"))
		return n
	}
	for round := range 5 {
		before := sent()
		stats, peers := say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(100_000), NumWant: 50})
		// The first reply may be of windows that lay among the dead, and knows better from then on.
		if got := len(peers[swarm.IPv4]) / 6; stats.Leechers != 10 || got != 9 && round > 0 {
			t.Errorf("round %d: got %d leechers, %d of them listed, want 10 and 9", round, stats.Leechers, got)
		}
		if bytes := sent() - before; bytes > 16<<10 { // what INFO itself says is among them
			t.Errorf("round %d: got %d bytes out of Redis for one announce, want a few thousand", round, bytes)
		}
	}
}

func TestWhatSomebodyElseWroteForACountIsZeroOrTheMost(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	s := open(t, conn, options)
	for text, want := range map[string]uint32{"7": 7, "4294967296": 1<<32 - 1, "-1": 0, "seven": 0, "": 0} {
		server.Do("HSET", conn.Facts(hash(1)), "completed", text)
		stats, err := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
		if err != nil || stats[0].Completed != want {
			t.Errorf("completed %q: got %+v, %v, want %d", text, stats, err, want)
		}
	}
}

func TestARefusalOfRedisIsToldOnceAMinute(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	var log lockedBuffer
	s := redisstore.New(conn, slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry(), options)
	runStore(t, s)
	server.Do("SET", conn.Pool(swarm.IPv4, hash(1)), "no sorted set")
	for range 50 {
		if _, err := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(1), Peer: peer(1)}, new(swarm.Peers)); swarm.ReasonOf(err) != swarm.Unavailable {
			t.Fatalf("got error %v, want a refusal", err)
		}
		say(t, s, swarm.Announce{InfoHash: hash(2), Peer: peer(1)}) // nobody else has to suffer for it
	}
	if got := strings.Count(log.String(), "redis refuses announces"); got != 1 || !strings.Contains(log.String(), "WRONGTYPE") {
		t.Errorf("got %d lines, want one with the cause:\n%s", got, log.String())
	}
}

func TestAKeyWhoseExpiryWasLostGetsItLater(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	opts := options
	opts.Deadline = 200 * time.Millisecond
	here, there := open(t, conn, opts), open(t, conn, opts)
	a := swarm.Announce{InfoHash: hash(1), Peer: peer(1)}
	say(t, here, a)
	gone := a
	gone.Event = bittorrent.Stopped
	say(t, there, gone) // takes the key away, which here is remembered
	server.Freeze()
	if _, err := here.Announce(t.Context(), swarm.Announce{InfoHash: hash(1), Peer: peer(2)}, new(swarm.Peers)); err == nil {
		t.Error("got an answer of a frozen server")
	}
	server.Thaw()
	server.Await("the key's expiry", func(context.Context) error {
		if ttl := server.Int("TTL", conn.Pool(swarm.IPv4, hash(1))); ttl < 1000 {
			return fmt.Errorf("the key expires in %d seconds", ttl)
		}
		return nil
	})
}

func TestOneTooManyIsRefusedHoweverOftenItAsks(t *testing.T) {
	conn := connect(t, redistest.Start(t).URL())
	opts := options
	opts.MaxPeersPerSwarm = 2
	s := open(t, conn, opts)
	calls := make([]swarm.Call, 6)
	for i := range calls {
		calls[i].Announce = swarm.Announce{InfoHash: hash(1), Peer: peer(min(i, 2))}
	}
	s.AnnounceAll(t.Context(), calls)
	for i, c := range calls {
		if refused := swarm.ReasonOf(c.Err) == swarm.Overloaded; refused != (i >= 2) || c.Err != nil && !refused {
			t.Errorf("announce %d: got error %v, want it refused: %v", i, c.Err, i >= 2)
		}
	}
}

// TestAnswersOfAClusterAreOfOneAttempt cuts connections all the time. A download that is answered was counted
// once, or never when the pipeline that was to count it was cut itself.
func TestAnswersOfAClusterAreOfOneAttempt(t *testing.T) {
	cluster := redistest.StartCluster(t, 3, false)
	s := open(t, connect(t, cluster.URL()), options)
	ctx, cancel := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for ticker := time.NewTicker(3 * time.Millisecond); ctx.Err() == nil; <-ticker.C {
			for _, m := range cluster.Masters {
				m.Do("CLIENT", "KILL", "TYPE", "normal")
			}
		}
	})
	const rounds, each = 20, 100
	for round := range rounds {
		for _, seeder := range []bool{false, true} {
			calls := make([]swarm.Call, each)
			for i := range calls {
				n := round*each + i
				calls[i].Announce = swarm.Announce{InfoHash: hash(n), Peer: peer(n), Seeder: seeder}
			}
			s.AnnounceAll(ctx, calls)
		}
	}
	cancel()
	cutting.Wait()
	hashes := make([]bittorrent.InfoHash, rounds*each)
	for i := range hashes {
		hashes[i] = hash(i)
	}
	cluster.Masters[0].Await("answers", func(ctx context.Context) error {
		stats, err := s.Scrape(ctx, hashes, nil)
		for i, st := range stats {
			if err == nil && st.Completed > 1 {
				t.Errorf("swarm %d: got %d downloads, want one at most", i, st.Completed)
			}
		}
		return err
	})
}

func TestWhoIsOneTooManyChangesNoOthersReply(t *testing.T) {
	conn := connect(t, redistest.Start(t).URL())
	opts := options
	opts.MaxPeersPerSwarm, opts.Recount = 3, time.Hour
	s := open(t, conn, opts)
	for _, a := range []swarm.Announce{{Peer: peer6(1)}, {Peer: peer(1)}, {Peer: peer(1), Seeder: true}, {Peer: peer(2)}} {
		a.InfoHash = hash(1)
		say(t, s, a)
	}
	calls := make([]swarm.Call, 20)
	for i := range calls {
		calls[i].Announce = swarm.Announce{InfoHash: hash(1), Peer: peer(2)}
		if i%2 == 0 {
			calls[i].Announce.Peer = peer(100 + i)
		}
	}
	s.AnnounceAll(t.Context(), calls)
	want := swarm.Stats{Seeders: 1, Leechers: 2, Completed: 1}
	for i, c := range calls {
		switch {
		case i%2 == 0 && swarm.ReasonOf(c.Err) != swarm.Overloaded:
			t.Errorf("announce %d: got error %v, want that the swarm is full", i, c.Err)
		case i%2 == 1 && (c.Err != nil || c.Reply.Completed != 1 || c.Reply.Leechers < want.Leechers):
			t.Errorf("announce %d: got %+v, error %v, want %+v, and whoever is just refused", i, c.Reply.Stats, c.Err, want)
		}
	}
}

func TestANodeThatIsAwayHoldsUpNoOtherForLong(t *testing.T) {
	cluster := redistest.StartCluster(t, 3, false, "--cluster-require-full-coverage", "no", "--cluster-node-timeout", "60000")
	opts := options
	opts.Deadline = 500 * time.Millisecond
	s := open(t, connect(t, cluster.URL()), opts)
	batch := func() (answered int, took time.Duration) {
		calls := make([]swarm.Call, 48)
		for i := range calls {
			calls[i].Announce = swarm.Announce{InfoHash: hash(i), Peer: peer(i)}
		}
		began := time.Now()
		s.AnnounceAll(t.Context(), calls)
		for _, c := range calls {
			if c.Err == nil {
				answered++
			}
		}
		return answered, time.Since(began)
	}
	const patience = 20 * time.Second
	for began := time.Now(); ; { // on a busy machine the first may take longer than the deadline
		answered, _ := batch()
		if answered == 48 {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("got %d announces answered, want all", answered)
		}
	}
	cluster.Masters[0].Freeze()
	defer cluster.Masters[0].Thaw()
	batch() // waits for the deadline, and learns of it
	quick := 0
	for began := time.Now(); quick < 10 && time.Since(began) < patience; {
		if answered, took := batch(); answered >= 16 && took < opts.Deadline/2 {
			quick++
		}
	}
	if quick < 10 {
		t.Errorf("got %d batches that were answered at once but for one node's, want 10", quick)
	}
}

// A lockedBuffer may be written and read at the same time.
type lockedBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
