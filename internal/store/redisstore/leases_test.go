package redisstore_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func browserID(n int) (id bittorrent.PeerID) {
	copy(id[:], "-WW0001-")
	binary.BigEndian.PutUint32(id[16:], uint32(n))
	return id
}

// record announces the n-th browser to a swarm, and returns the record of it.
func record(t testing.TB, s *redisstore.Store, h, n int, seeder bool) swarm.Record {
	t.Helper()
	a := swarm.Announce{InfoHash: hash(h), Peer: swarm.WebRTCPeer(browserID(n)), Seeder: seeder}
	result, err := s.Announce(t.Context(), a, new(swarm.Peers))
	if err != nil {
		t.Fatalf("announce of %v: %v", a.Peer, err)
	}
	return swarm.Record{InfoHash: a.InfoHash, Peer: browserID(n), Seeder: seeder, Version: result.Version}
}

func wantHeld(t *testing.T, what string, s *redisstore.Store, r swarm.Record, want swarm.Holding) {
	t.Helper()
	held, err := s.Held(t.Context(), []swarm.Record{r}, nil)
	if err != nil || len(held) != 1 || held[0] != want {
		t.Errorf("%s: got %v, error %v, want %v", what, held, err, want)
	}
}

func TestABrowsersScoreIsItsExpiryAndACountOfWrites(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, connect(t, server.URL()), options)
	for seeder, sign := range map[bool]int64{false: 1, true: -1} {
		before := time.Now().Unix()
		r := record(t, s, 1, 1, seeder)
		if err := s.Renew(t.Context(), []swarm.Record{r}); err != nil {
			t.Fatal(err)
		}
		after := time.Now().Unix()
		key := server.Do("KEYS", "*:w*").([]any)[0]
		score, err := strconv.ParseInt(server.Text("ZSCORE", key, string(r.Peer[:])), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		const epoch = 1_700_000_000
		expiry, lease := sign*score>>22+epoch, int64(options.Lease/time.Second)
		if expiry < before+lease || expiry > after+lease+1 {
			t.Errorf("seeder %v: got score %d, which expires %d seconds from now, want %d", seeder, score, expiry-after, lease)
		}
		if ttl := int64(server.Int("TTL", key)); ttl < int64(options.PeerLifetime/time.Second) {
			t.Errorf("got a key that expires in %d seconds, want all pools' to last as long", ttl)
		}
	}
}

func TestRenewHealsAFlush(t *testing.T) {
	server := redistest.Start(t)
	s := open(t, connect(t, server.URL()), options)
	var records []swarm.Record
	for n := range 200 {
		records = append(records, record(t, s, n%3, n, n%2 == 0))
	}
	server.Do("FLUSHALL")
	wantHeld(t, "flushed", s, records[0], swarm.Gone)
	for range 2 { // what was due after the first has been done with the second
		if err := s.Renew(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	sum := uint32(0)
	stats, err := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(0), hash(1), hash(2)}, nil)
	for _, st := range stats {
		sum += st.Seeders + st.Leechers
	}
	if err != nil || sum != 200 {
		t.Errorf("renewed: got %+v, error %v, want 200 browsers", stats, err)
	}
	wantHeld(t, "renewed", s, records[0], swarm.Held)
	keys := server.Do("KEYS", "*:w*").([]any)
	for _, key := range keys {
		if ttl := server.Int("TTL", key); ttl < 0 {
			t.Errorf("got a key that never expires after a flush: %q", key)
		}
	}
	if len(keys) != 3 {
		t.Errorf("got %d keys, want 3", len(keys))
	}
}

func TestReplicasNeverTakeEachOthersWritesForTheirs(t *testing.T) {
	conn := connect(t, redistest.Start(t).URL())
	opts := options
	still := time.Now()
	opts.Now = func() time.Time { return still } // all writes are of one second
	replicas := []*redisstore.Store{open(t, conn, opts), open(t, conn, opts)}
	for i := range 20 {
		seeder := i%3 == 0
		first := record(t, replicas[i%2], 1, 1, seeder)
		second := record(t, replicas[1-i%2], 1, 1, seeder)
		if first.Version == second.Version {
			t.Fatalf("got version %d from both", first.Version)
		}
		wantHeld(t, "taken over", replicas[i%2], first, swarm.Taken)
		wantHeld(t, "announced last", replicas[1-i%2], second, swarm.Held)
		if err := replicas[i%2].Release(t.Context(), []swarm.Record{first}); err != nil {
			t.Fatal(err)
		}
		wantHeld(t, "released by the first", replicas[i%2], second, swarm.Held)
		if err := replicas[i%2].Release(t.Context(), []swarm.Record{second}); err != nil {
			t.Fatal(err)
		}
		wantHeld(t, "released", replicas[1-i%2], second, swarm.Gone)
	}
}

// calls returns how often the server ran a command since its statistics were reset.
func calls(t *testing.T, server *redistest.Server, command string) int {
	t.Helper()
	for line := range strings.Lines(server.Text("INFO", "commandstats")) {
		if rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls="); ok {
			text, _, _ := strings.Cut(rest, ",")
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}

func TestRecordsOfASwarmShareACommand(t *testing.T) {
	server := redistest.Start(t)
	opts := options
	opts.Queue = 1 // more than this need not wait for a call to go through
	s := open(t, connect(t, server.URL()), opts)
	var records []swarm.Record
	for n := range 1000 {
		records = append(records, record(t, s, n%3, n, false))
	}
	server.Do("CONFIG", "RESETSTAT")
	if err := s.Renew(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	if held, err := s.Held(t.Context(), records, nil); err != nil || len(held) != 1000 {
		t.Errorf("got %d answers, error %v, want 1,000", len(held), err)
	}
	for _, command := range []string{"zadd", "zmscore"} {
		if got := calls(t, server, command); got != 9 { // 334 records of each swarm, 128 a command
			t.Errorf("%s: got %d commands for 1,000 records of 3 swarms, want 9", command, got)
		}
	}
	if got := calls(t, server, "expire"); got > 3 {
		t.Errorf("got EXPIRE %d times for 3 keys", got)
	}
}

// BenchmarkRenew renews 1,000 records in a call, as spread over swarms as the name says.
func BenchmarkRenew(b *testing.B) {
	for _, swarms := range []int{1, 300, 1000} {
		b.Run(fmt.Sprintf("%d swarms", swarms), func(b *testing.B) {
			s := open(b, connect(b, redistest.Start(b).URL()), options)
			var records []swarm.Record
			for n := range 1000 {
				records = append(records, record(b, s, n%swarms, n, false))
			}
			for b.Loop() {
				if err := s.Renew(b.Context(), records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "us/record")
		})
	}
}
