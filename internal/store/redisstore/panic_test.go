package redisstore_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// A bomb goes off once, when it is armed.
type bomb struct {
	armed atomic.Bool
	redis.Hook
}

func (b *bomb) pass() {
	if b.armed.Swap(false) {
		panic("bang")
	}
}

// now is a clock with the bomb in it, which is read before anything is asked.
func (b *bomb) now() time.Time {
	b.pass()
	return time.Now()
}

// ProcessPipelineHook has the bomb behind a pipeline.
func (b *bomb) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		b.pass()
		return err
	}
}

func (b *bomb) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (b *bomb) DialHook(next redis.DialHook) redis.DialHook { return next }

func TestAPanicCostsItsPipelineAndNoMore(t *testing.T) {
	server := redistest.Start(t)
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			var b bomb
			conn, opts, reg := connect(t, server.URL()), options, prometheus.NewRegistry()
			if when == "before" {
				opts.Now = b.now
			} else {
				conn.AddHook(&b)
			}
			var log lockedBuffer
			s := redisstore.New(conn, slog.New(slog.NewTextHandler(&log, nil)), reg, opts)
			runStore(t, s)
			say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(0)})
			for round := range 3 {
				calls := make([]swarm.Call, 10)
				for n := range calls {
					calls[n].Announce = swarm.Announce{InfoHash: hash(1), Peer: peer(n)}
				}
				b.armed.Store(true)
				s.AnnounceAll(t.Context(), calls)
				failed := 0
				for _, c := range calls {
					if c.Err == nil {
						continue
					}
					if failed++; swarm.ReasonOf(c.Err) != swarm.Internal {
						t.Errorf("round %d: got error %v, want an internal one", round, c.Err)
					}
				}
				if failed == 0 {
					t.Errorf("round %d: got no error, want one for each in the pipeline", round)
				}
				stats, peers := say(t, s, swarm.Announce{InfoHash: hash(1), Peer: peer(99), NumWant: 50})
				if got := peers.Len(); got == 0 || got != int(stats.Leechers)-1 {
					t.Errorf("round %d: got %d peers of %d members after it, want all others", round, got, stats.Leechers)
				}
				key := conn.Pool(swarm.IPv4, hash(1))
				if ttl := server.Int("TTL", key); ttl < int(options.PeerLifetime/time.Second) {
					t.Errorf("round %d: got a key that expires in %d seconds, want it kept for its peers", round, ttl)
				}
			}
			if got := strings.Count(log.String(), "cause=bang"); got != 3 {
				t.Errorf("got %d lines of three panics, want 3:\n%s", got, log.String())
			}
			want := "# HELP starling_redis_panics_total Pipelines that met a mistake of ours. Each is in the log.\n" +
				"# TYPE starling_redis_panics_total counter\nstarling_redis_panics_total 3\n"
			if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "starling_redis_panics_total"); err != nil {
				t.Error(err)
			}
		})
	}
}
