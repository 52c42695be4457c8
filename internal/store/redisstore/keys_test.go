package redisstore_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func hash(n int) (h bittorrent.InfoHash) {
	binary.BigEndian.PutUint32(h[:], uint32(n)*0x9e3779b1)
	binary.BigEndian.PutUint32(h[16:], uint32(n))
	return h
}

func peer(n int) swarm.Peer {
	ip := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	return swarm.TCPPeer(netip.AddrPortFrom(ip, 6881))
}

// say announces, which has to succeed.
func say(t *testing.T, s *redisstore.Store, a swarm.Announce) (swarm.Result, swarm.Peers) {
	t.Helper()
	var peers swarm.Peers
	result, err := s.Announce(t.Context(), a, &peers)
	if err != nil {
		t.Fatalf("announce of %v: %v", a.Peer, err)
	}
	return result, peers
}

// eachPool runs test for a store with each kind of key that a swarm's peers are in.
func eachPool(t *testing.T, test func(t *testing.T, join func(p int), server *redistest.Server, key string)) {
	server := redistest.Start(t)
	for f := range swarm.Family(swarm.Families) {
		t.Run(f.String(), func(t *testing.T) {
			conn := connect(t, server.URL())
			s := open(t, conn, options)
			join := func(p int) { say(t, s, swarm.Announce{InfoHash: hash(1), Peer: number[f](p), NumWant: 50}) }
			test(t, join, server, conn.Pool(f, hash(1)))
		})
	}
}

// Bounds of a key's life. It is as long in all pools: who expires first is who is evicted first.
const (
	shortestLife = int(time.Hour / time.Second) // options.PeerLifetime
	longestLife  = shortestLife + 180
)

func TestEveryKeyOfASwarmExpires(t *testing.T) {
	eachPool(t, func(t *testing.T, join func(p int), server *redistest.Server, key string) {
		join(1)
		for _, what := range []string{"new", "stopped by another replica", "flushed"} {
			switch what {
			case "flushed":
				server.Do("FLUSHALL")
			case "stopped by another replica":
				server.Do("DEL", key)
			}
			join(2)
			join(3) // what was due after the one before has been done with it
			if ttl := server.Int("TTL", key); ttl < shortestLife || ttl > longestLife {
				t.Errorf("%s: got a key that expires in %d seconds, want between %d and %d", what, ttl, shortestLife, longestLife)
			}
		}
	})
}

func TestANewKeyExpiresThoughNobodyElseAnnounces(t *testing.T) {
	eachPool(t, func(t *testing.T, join func(p int), server *redistest.Server, key string) {
		join(1)
		server.Do("FLUSHALL")
		join(2) // as if the key were still there
		server.Await("an expiry", func(context.Context) error {
			if ttl := server.Int("TTL", key); ttl < shortestLife || ttl > longestLife {
				return fmt.Errorf("the key expires in %d seconds", ttl)
			}
			return nil
		})
	})
}

func TestRenewalsKeepTheKeyOfBrowsers(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	s := open(t, conn, options)
	record := swarm.Record{InfoHash: hash(1), Peer: browser(1).ID()}
	if err := s.Renew(t.Context(), []swarm.Record{record}); err != nil {
		t.Fatal(err)
	}
	if ttl := server.Int("TTL", conn.Pool(swarm.WebRTC, hash(1))); ttl < shortestLife || ttl > longestLife {
		t.Errorf("got a key that expires in %d seconds, want between %d and %d", ttl, shortestLife, longestLife)
	}
}

func TestASteadyAnnounceIsSixCommandsAtMost(t *testing.T) {
	server := redistest.Start(t)
	opts := options
	opts.Recount = 10 * time.Second
	s := open(t, connect(t, server.URL()), opts)
	for n := range 300 {
		say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(n), Seeder: n%2 == 0, NumWant: 50})
	}
	say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(7), NumWant: 50}) // what was due is done
	server.Do("CONFIG", "RESETSTAT")
	const announces = 50
	for n := range announces {
		say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(n), Seeder: n%2 == 0, NumWant: 50})
	}
	commands := 0
	for line := range strings.Lines(server.Text("INFO", "commandstats")) {
		name, rest, _ := strings.Cut(line, ":calls=")
		if name == "cmdstat_info" || name == "cmdstat_config|resetstat" || rest == "" {
			continue
		}
		calls, _, _ := strings.Cut(rest, ",")
		n := 0
		for _, digit := range calls {
			n = n*10 + int(digit-'0')
		}
		commands += n
	}
	if commands > 6*announces {
		t.Errorf("got %d commands for %d announces, want 6 each at most:\n%s", commands, announces, server.Text("INFO", "commandstats"))
	}
}

func TestTwoReplicasAreOneTracker(t *testing.T) {
	url := redistest.Start(t).URL()
	conn := connect(t, url)
	replicas := []*redisstore.Store{open(t, conn, options), open(t, conn, options)}
	for n := range 70 {
		p := peer(n)
		say(t, replicas[n%2], swarm.Announce{InfoHash: hash(1), Peer: p})
		stats, peers := say(t, replicas[1-n%2], swarm.Announce{InfoHash: hash(1), Peer: peer(1000), NumWant: 80})
		found := false
		for other := range peers.All() {
			found = found || other == p
		}
		if !found || stats.Leechers != uint32(n+2) {
			t.Fatalf("peer %d: got it told of by the other replica: %v, of %d members, want %d", n, found, stats.Leechers, n+2)
		}
	}
}

func TestAScrapeShowsWhatAnotherReplicaWasJustTold(t *testing.T) {
	url := redistest.Start(t).URL()
	conn := connect(t, url)
	opts := options
	opts.Recount = time.Hour
	one, other := open(t, conn, opts), open(t, conn, opts)
	for n := range 10 {
		say(t, one, swarm.Announce{InfoHash: hash(1), Peer: peer(n)})
		stats, err := other.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
		if err != nil || stats[0].Leechers != uint32(n+1) {
			t.Fatalf("got %+v, %v, want %d leechers", stats, err, n+1)
		}
	}
}
