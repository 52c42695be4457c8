package reliability_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// TestAFlushedRedis takes all swarms away. Nobody is refused, and replies are right by what Redis has since:
// a peer is in its swarm again when it announces again.
func TestAFlushedRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	play(t, server.URL(), scenario{name: "FLUSHALL", serves: true, mishap: func(r *run) time.Time {
		r.load.epoch.Add(1)
		server.Do("FLUSHALL")
		r.load.epoch.Add(1)
		back := time.Now()
		r.starling.await("what replicas share", func() error {
			if n := server.Int("EXISTS", "st:meta", "st:secrets", "st:replicas"); n != 3 {
				return fmt.Errorf("got %d of its 3 keys", n)
			}
			return nil
		})
		if healed := time.Since(back); healed > 2*time.Second {
			r.Errorf("got what replicas share back after %v, want it within two seconds", healed)
		}
		return back
	}})
	if got := server.Int("DBSIZE"); got == 0 {
		t.Error("got no swarms after the flush, want new ones")
	}
}

// TestAFullRedisThatEvictsNothing fills Redis. Announces are refused, since they could not be recorded, and
// scrapes, which only read, are answered.
func TestAFullRedisThatEvictsNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	play(t, server.URL(), scenario{name: "maxmemory, noeviction", mishap: func(r *run) time.Time {
		server.Do("CONFIG", "SET", "maxmemory", "1mb")
		pause(calm)
		refusals := r.load.tried(refused)
		if refusals == 0 {
			r.Error("got no announce refused, want all: there is no memory for them")
		}
		if err := scrape(r.starling); err != nil {
			r.Errorf("got error %v to a scrape of a full Redis, want an answer", err)
		}
		pause(while() - calm)
		r.starling.awaitReady(200, "ready\ndegraded: redis\n") // it answers, but takes no heartbeat
		server.Do("CONFIG", "SET", "maxmemory", "0")
		return time.Now()
	}})
}

// TestAFullRedisThatEvictsTheDying fills Redis with swarms whose last peer is about to expire. They go, and
// nobody notices.
func TestAFullRedisThatEvictsTheDying(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--maxmemory-policy", "volatile-ttl", "--maxmemory-samples", "10")
	client := redis.NewClient(&redis.Options{Addr: server.Addr, Protocol: 2})
	defer client.Close()
	const dying = 20_000
	fill(t, client, dying)
	play(t, server.URL(), scenario{name: "maxmemory, volatile-ttl", serves: true, mishap: func(r *run) time.Time {
		used := infoNumber(server, "memory", "used_memory")
		server.Do("CONFIG", "SET", "maxmemory", used)
		pause(while())
		if evicted := infoNumber(server, "stats", "evicted_keys"); evicted == 0 {
			r.Error("got no key evicted, want room made")
		}
		return time.Now()
	}})
	if l := infoNumber(server, "stats", "evicted_keys"); l > dying {
		t.Errorf("got %d keys evicted, want none but the %d dying", l, dying)
	}
}

// fill writes swarms of one peer each that expire soon, as those do whose peers fell silent.
func fill(t *testing.T, client *redis.Client, n int) {
	t.Helper()
	keys, err := redisconn.NewKeys("st:")
	if err != nil {
		t.Fatal(err)
	}
	pipe := client.Pipeline()
	for i := range n {
		var h bittorrent.InfoHash
		binary.BigEndian.PutUint32(h[:], uint32(i))
		key := keys.Pool(swarm.IPv4, h)
		pipe.ZAdd(t.Context(), key, redis.Z{Score: 1, Member: "\x7f\x00\x00\x01\x1a\xe1"})
		pipe.Expire(t.Context(), key, 2*time.Minute)
	}
	if _, err := pipe.Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
}
