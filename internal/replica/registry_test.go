package replica_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func list(t testing.TB, r *replica.Replica) []replica.Info {
	t.Helper()
	infos, err := r.List(t.Context())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	return infos
}

// pretend writes a replica into Redis that there is not.
func pretend(t testing.TB, conn *redisconn.Conn, tag string, seen time.Time, facts ...any) {
	t.Helper()
	z := redis.Z{Score: float64(seen.Unix()), Member: tag}
	if err := conn.ZAdd(t.Context(), conn.Replicas(), z).Err(); err != nil {
		t.Fatal(err)
	}
	if err := conn.HSet(t.Context(), conn.Replica(tag), facts...).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestTheListTellsOfEveryReplica(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix, c := newPrefix(), newClock(noon)
		var want []replica.Info
		var replicas []*replica.Replica
		for i := range 5 {
			r := newReplica(connect(t, k.url, prefix), replica.Options{
				Hostname: fmt.Sprintf("host-%d", i), Version: "v1.2.3", Revision: "0123abc", Now: c.now,
			})
			addrs := []string{fmt.Sprintf("127.0.0.1:%d", i), "[::1]:6969"}
			r.SetAddrs(addrs)
			beat(t, r)
			replicas = append(replicas, r)
			want = append(want, replica.Info{
				Tag: r.Tag(), Hostname: fmt.Sprintf("host-%d", i), Addrs: addrs, Version: "v1.2.3", Revision: "0123abc",
				Started: noon, Seen: noon.Add(3 * time.Second),
			})
		}
		c.set(noon.Add(3 * time.Second))
		beat(t, replicas...)
		slices.SortFunc(want, func(a, b replica.Info) int { return strings.Compare(a.Tag, b.Tag) })
		for _, r := range replicas {
			if diff := cmp.Diff(want, list(t, r)); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		}
	})
}

func TestAReplicaThatFallsSilentIsForgotten(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix, c := newPrefix(), newClock(noon)
		conn := connect(t, k.url, prefix)
		r := newReplica(conn, replica.Options{Now: c.now})
		beat(t, r)
		life, err := conn.PTTL(t.Context(), conn.Replica(r.Tag())).Result()
		if err != nil || life > 30*time.Second || life < 20*time.Second {
			t.Errorf("got facts that live for %v, error %v, want 30s", life, err)
		}
		const silent, old, wrong, fresh = "0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"
		pretend(t, conn, silent, noon.Add(-40*time.Second), "hostname", "silent")
		pretend(t, conn, old, noon.Add(-61*time.Second), "hostname", "old")
		pretend(t, conn, wrong, noon.Add(2*time.Minute), "hostname", "of a clock that was wrong")
		pretend(t, conn, fresh, noon.Add(-60*time.Second), "hostname", "fresh")
		if err := conn.Del(t.Context(), conn.Replica(silent)).Err(); err != nil { // as it expires
			t.Fatal(err)
		}
		for _, when := range []string{"before", "after"} {
			var got []string
			for _, info := range list(t, r) {
				got = append(got, info.Tag)
			}
			want := []string{fresh, r.Tag()}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s a heartbeat: got %q, want %q", when, got, want)
			}
			beat(t, r)
		}
		got, err := conn.ZRange(t.Context(), conn.Replicas(), 0, -1).Result()
		want := []string{fresh, silent, r.Tag()}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got tags %q after a heartbeat, error %v, want %q", got, err, want)
		}
	})
}

func TestTheListIsBoundedWhateverIsInRedis(t *testing.T) {
	s := redistest.Start(t)
	prefix := newPrefix()
	conn := connect(t, s.URL(), prefix)
	r := newReplica(conn, replica.Options{})
	beat(t, r)
	now := time.Now()
	long := strings.Repeat("\x1b", 1e5)
	pretend(t, conn, "000000000000000a", now, "hostname", long, "version", long, "revision", long,
		"addrs", strings.Repeat(long[:300]+",,", 100), "started", "soon")
	for _, tag := range []string{"", "short", "000000000000000A", "zzzzzzzzzzzzzzzz", "{00000000000000}", long} {
		pretend(t, conn, tag, now, "hostname", "no tag")
	}
	pretend(t, conn, "000000000000000b", now, "other", "fields")
	pretend(t, conn, "000000000000000c", now, "hostname", "c")
	s.Do("SET", prefix+"replica:000000000000000d", "no hash")
	s.Do("ZADD", prefix+"replicas", now.Unix(), "000000000000000d")
	s.Do("ZADD", prefix+"replicas", "inf", "000000000000000e", "-inf", "000000000000000f")
	var tags []string
	for _, info := range list(t, r) {
		tags = append(tags, info.Tag)
		for _, text := range append([]string{info.Hostname, info.Version, info.Revision}, info.Addrs...) {
			if len(text) > 256 {
				t.Errorf("%s: got a text of %d bytes, want 256 at most", info.Tag, len(text))
			}
		}
		if info.Tag == "000000000000000a" && (len(info.Hostname) != 256 || len(info.Addrs) != 64 || !info.Started.IsZero()) {
			t.Errorf("got a hostname of %d bytes, %d addresses, started %v, want 256, 64 and never",
				len(info.Hostname), len(info.Addrs), info.Started)
		}
	}
	want := []string{"000000000000000a", "000000000000000c", r.Tag()}
	if slices.Sort(want); !slices.Equal(tags, want) {
		t.Errorf("got tags %.200q, want %q", tags, want)
	}
}

func TestOfTooManyReplicasTheLastSeenAreListed(t *testing.T) {
	s := redistest.Start(t)
	conn := connect(t, s.URL(), newPrefix())
	now := time.Now()
	pipe := conn.Pipeline()
	for n := range replica.MaxListed + 100 {
		seen := now
		if n < 100 {
			seen = now.Add(-30 * time.Second)
		}
		tag := fmt.Sprintf("%016x", n)
		pipe.ZAdd(t.Context(), conn.Replicas(), redis.Z{Score: float64(seen.Unix()), Member: tag})
		pipe.HSet(t.Context(), conn.Replica(tag), "hostname", "many")
		if pipe.Len() >= 2000 {
			if _, err := pipe.Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	infos := list(t, newReplica(conn, replica.Options{}))
	if len(infos) != replica.MaxListed || infos[0].Tag != fmt.Sprintf("%016x", 100) {
		t.Errorf("got %d replicas from %s on, want the last %d", len(infos), infos[0].Tag, replica.MaxListed)
	}
}

func TestAListWithoutRedisIsAnError(t *testing.T) {
	s := redistest.Start(t)
	r := newReplica(connect(t, s.URL(), newPrefix()), replica.Options{})
	beat(t, r)
	s.Freeze()
	defer s.Thaw()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if infos, err := r.List(ctx); err == nil {
		t.Errorf("got %v and no error, want one", infos)
	}
}
