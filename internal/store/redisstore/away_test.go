package redisstore_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// wantUnavailable fails the test unless announces, scrapes and what is done with records are refused as
// unavailable, in little more than the deadline.
func wantUnavailable(t *testing.T, what string, s *redisstore.Store, deadline time.Duration) {
	t.Helper()
	lost := make([]swarm.Record, 1000)
	for i := range lost {
		lost[i] = swarm.Record{InfoHash: hash(i), Version: 7}
	}
	began := time.Now()
	_, announceErr := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(1), Peer: peer(1)}, new(swarm.Peers))
	_, scrapeErr := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(1), hash(2)}, nil)
	renewErr, releaseErr := s.Renew(t.Context(), lost), s.Release(t.Context(), lost)
	held, heldErr := s.Held(t.Context(), lost, nil)
	if len(held) != 0 || lost[0].Version != 7 || lost[999].Version != 7 {
		t.Errorf("%s: got %d answers, and versions %d and %d, want nothing known and nothing changed",
			what, len(held), lost[0].Version, lost[999].Version)
	}
	for _, err := range []error{announceErr, scrapeErr, renewErr, releaseErr, heldErr} {
		if swarm.ReasonOf(err) != swarm.Unavailable {
			t.Errorf("%s: got error %v, want it refused as unavailable", what, err)
		}
	}
	if took := time.Since(began); took > 5*deadline+time.Second {
		t.Errorf("%s: got refusals after %v, want them after %v each at most", what, took, deadline)
	}
}

func TestAnnouncesAreRefusedWhileRedisIsAwayAndNoLonger(t *testing.T) {
	server := redistest.Start(t)
	opts := options
	opts.Deadline = 200 * time.Millisecond
	s := open(t, connect(t, server.URL()), opts)
	a := swarm.Announce{InfoHash: hash(1), Peer: peer(1), NumWant: 50}
	answered := func(context.Context) error {
		_, err := s.Announce(t.Context(), a, new(swarm.Peers))
		return err
	}
	server.Await("the first announce", answered)
	server.Freeze()
	wantUnavailable(t, "frozen", s, opts.Deadline)
	server.Thaw()
	server.Await("an announce after the thaw", answered)
	server.Kill()
	wantUnavailable(t, "gone", s, opts.Deadline)
	server.Restart()
	server.Await("an announce after the restart", answered)
	server.Do("FLUSHALL")
	stats, err := s.Announce(t.Context(), a, new(swarm.Peers))
	if err != nil || stats.Stats != (swarm.Stats{Leechers: 1}) {
		t.Errorf("after FLUSHALL: got %+v, error %v, want a leecher", stats, err)
	}
}

func TestAFullServerRefuses(t *testing.T) {
	server := redistest.Start(t, "--maxmemory", "1mb", "--maxmemory-policy", "noeviction")
	s := open(t, connect(t, server.URL()), options)
	for n := range 100_000 {
		_, err := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(n), Peer: peer(n)}, new(swarm.Peers))
		if err != nil {
			if swarm.ReasonOf(err) != swarm.Unavailable {
				t.Errorf("got error %v, want it refused as unavailable", err)
			}
			return
		}
	}
	t.Error("got room for 100,000 swarms in 1 MB")
}

func TestNothingPilesUpWhileRedisIsFrozen(t *testing.T) {
	server := redistest.Start(t)
	opts := options
	opts.Deadline, opts.Queue = 300*time.Millisecond, 10
	s := open(t, connect(t, server.URL()), opts)
	server.Freeze()
	defer server.Thaw()
	var mu sync.Mutex
	refusals := map[swarm.Reason]int{}
	var clients sync.WaitGroup
	for n := range 500 { // all of one swarm, and so of one lane
		clients.Go(func() {
			_, err := s.Announce(t.Context(), swarm.Announce{InfoHash: hash(1), Peer: peer(n)}, new(swarm.Peers))
			mu.Lock()
			defer mu.Unlock()
			refusals[swarm.ReasonOf(err)]++
		})
	}
	clients.Wait()
	if refusals[swarm.Busy] == 0 || refusals[swarm.Unavailable] == 0 || refusals[swarm.Busy]+refusals[swarm.Unavailable] != 500 {
		t.Errorf("got refusals %v, want some as busy, and some as unavailable after the deadline", refusals)
	}
}

func TestAnAnnounceEndsWithItsContext(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, connect(t, server.URL()), options)
	server.Freeze()
	defer server.Thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Announce(ctx, swarm.Announce{InfoHash: hash(1), Peer: peer(1)}, new(swarm.Peers))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want the caller's deadline", err)
	}
}

func TestWhatIsDoneWithRecordsEndsWithItsContext(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, connect(t, server.URL()), options)
	server.Freeze()
	defer server.Thaw()
	records := []swarm.Record{{InfoHash: hash(1), Version: 7}}
	for what, do := range map[string]func(context.Context) error{
		"renew":   func(ctx context.Context) error { return s.Renew(ctx, records) },
		"release": func(ctx context.Context) error { return s.Release(ctx, records) },
		"held": func(ctx context.Context) error {
			_, err := s.Held(ctx, records, nil)
			return err
		},
	} {
		soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if err := do(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got error %v, want the caller's deadline", what, err)
		}
		if err := do(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s, too late: got error %v, want the caller's deadline", what, err)
		}
		cancel()
	}
}

// TestClientsThatLeaveAtAnyMomentDisturbNobody ends contexts while announces are on their way, some of them in the
// moment in which they are answered.
func TestClientsThatLeaveAtAnyMomentDisturbNobody(t *testing.T) {
	s := open(t, connect(t, redistest.Start(t).URL()), options)
	const clients, announces = 16, 1000
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(c), 1))
			for i := range announces {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					time.AfterFunc(time.Duration(rng.IntN(600))*time.Microsecond, cancel)
				}
				a := swarm.Announce{InfoHash: hash(c), Peer: peer(c), NumWant: 50} // nobody else is in the swarm
				switch r, err := s.Announce(ctx, a, new(swarm.Peers)); {
				case err != nil && i%2 == 1:
					t.Errorf("got error %v, want none for a client that stays", err)
				case err == nil && r.Leechers != 1:
					t.Errorf("got %+v, want 1 leecher", r)
				}
				cancel()
			}
		})
	}
	all.Wait()
}
