package redisstore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// clock returns a clock that stands still, and what moves it.
func clock() (now func() time.Time, advance func(time.Duration)) {
	start, since := time.Now(), new(atomic.Int64)
	return func() time.Time { return start.Add(time.Duration(since.Load())) },
		func(d time.Duration) { since.Add(int64(d)) }
}

func TestBrowsersDieInTheSecondInWhichOthersWould(t *testing.T) {
	opts := options
	opts.Lease = opts.PeerLifetime
	now, advance := clock()
	opts.Now = now
	s := open(t, connect(t, redistest.Start(t).URL()), opts)
	var browsers []swarm.Record
	for n := range 2 {
		say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(n), Seeder: n == 0})
		browsers = append(browsers, record(t, s, 1, n, n == 0))
	}
	for _, step := range []struct {
		to    time.Duration
		alive uint32
		holds swarm.Holding
	}{{opts.PeerLifetime, 2, swarm.Held}, {time.Second, 0, swarm.Gone}} {
		advance(step.to)
		stats, err := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
		if want := (swarm.Stats{Seeders: step.alive, Leechers: step.alive}); err != nil || stats[0] != want {
			t.Errorf("%v later: got %+v, error %v, want %+v", step.to, stats, err, want)
		}
		for _, r := range browsers {
			wantHeld(t, step.to.String()+" later", s, r, step.holds)
		}
	}
}

func TestRenewalsTendTheirSwarm(t *testing.T) {
	server := redistest.Start(t)
	opts := options
	now, advance := clock()
	opts.Now = now
	s := open(t, connect(t, server.URL()), opts)
	record(t, s, 1, 1, true)
	record(t, s, 1, 2, false)
	kept := []swarm.Record{record(t, s, 1, 3, false)}
	key := server.Do("KEYS", "*:w*").([]any)[0]
	server.Do("PERSIST", key)
	advance(opts.Lease + 2*time.Minute)
	if err := s.Renew(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if got := server.Int("ZCARD", key); got != 1 {
		t.Errorf("got %d browsers, want the dead removed", got)
	}
	if server.Int("TTL", key) < 0 {
		t.Error("got a key that never expires")
	}
	record(t, s, 1, 4, true)
	advance(opts.Lease - time.Second)
	say(t, s, swarm.Announce{InfoHash: hash(1), Peer: swarm.WebRTCPeer(browserID(3))})
	if got := server.Int("ZCARD", key); got != 2 {
		t.Errorf("got %d browsers, want none removed a second before its lease is over", got)
	}
}
