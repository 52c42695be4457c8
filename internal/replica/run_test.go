package replica_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAReplicaOutlivesItsRedis(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		prefix := newPrefix()
		r := run(t, k.url, prefix)
		k.await("the first contact", r.hasJoined)
		secret := current(r.Replica, time.Now())
		shared := func() bool {
			n, err := r.conn.HLen(t.Context(), r.conn.Secrets()).Result()
			lost, _ := r.Probe(t.Context())
			infos, _ := r.List(t.Context())
			return err == nil && n >= 2 && !lost && len(infos) == 1
		}
		k.await("what is shared", shared)
		k.flush()
		k.await("what is shared, after a flush", shared)
		for _, s := range k.servers {
			s.Freeze()
		}
		r.awaitUp(t, k, "frozen", false)
		for _, s := range k.servers {
			s.Thaw()
		}
		r.awaitUp(t, k, "thawed", true)
		for _, s := range k.servers {
			s.Kill()
		}
		r.awaitUp(t, k, "killed", false)
		for _, s := range k.servers {
			s.Restart()
		}
		k.await("the restarted server", r.Up)
		k.await("what is shared, after a restart", shared)
		if got := current(r.Replica, time.Now()); got != secret {
			t.Errorf("got secret %x after all that, want still %x", got, secret)
		}
		if away, back := r.log.count("redis is away"), r.log.count("redis is back"); back < 2 || away < back {
			t.Errorf("got %d lines of Redis gone and %d of it back, want one of either for each time", away, back)
		}
		r.end(t)
		if r.Up() {
			t.Error("got Redis up after the end, want it unknown and so not up")
		}
	})
}

func TestTheFirstContactWaitsForRedis(t *testing.T) {
	s := redistest.Start(t)
	k := kind{s.URL(), []*redistest.Server{s}}
	s.Kill()
	r := run(t, s.URL(), newPrefix())
	r.log.await(t, "redis is away")
	if r.hasJoined() || r.Up() {
		t.Errorf("got joined %v, up %v without Redis, want neither", r.hasJoined(), r.Up())
	}
	s.Restart()
	r.awaitUp(t, k, "the server that came late", true)
	k.await("the first contact", r.hasJoined)
	for text, want := range map[string]int{"redis is away": 1, "redis is back": 1, "joined the replicas": 1} {
		if got := r.log.count(text); got != want {
			t.Errorf("got %d lines %q, want %d", got, text, want)
		}
	}
}

func TestAPartOfAClusterIsEnough(t *testing.T) {
	c := redistest.StartCluster(t, 3, false)
	r := newReplica(connect(t, c.URL(), newPrefix()), replica.Options{})
	beat(t, r)
	for i, s := range c.Masters {
		s.Freeze()
		_, err := r.Probe(t.Context())
		if up, want := err == nil, i < 2; up != want {
			t.Errorf("%d of 3 masters frozen: got error %v, want Redis up: %v", i+1, err, want)
		}
	}
	for _, s := range c.Masters {
		s.Thaw()
	}
}

func TestAClusterThatServesNobodyIsAway(t *testing.T) {
	c := redistest.StartCluster(t, 3, false)
	k := kind{c.URL(), c.Masters[1:]}
	r := run(t, c.URL(), newPrefix())
	k.await("the first contact", r.hasJoined)
	c.Masters[0].Kill() // the others answer, and after a second refuse all keys
	k.await("the cluster's end", func() bool { return !r.Up() })
	c.Masters[0].Restart()
	k.await("the cluster", r.Up)
}

func TestTheClockIsKeptAndItsSkewShown(t *testing.T) {
	s := redistest.Start(t)
	k := kind{s.URL(), []*redistest.Server{s}}
	r := run(t, s.URL(), newPrefix())
	k.await("the first contact", r.hasJoined)
	problems, err := testutil.GatherAndLint(r.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v, want no problem with the metrics", problems, err)
	}
	if n, err := testutil.GatherAndCount(r.registry, "starling_redis_clock_skew_seconds"); n != 1 || err != nil {
		t.Errorf("got %d skews, error %v, want one", n, err)
	}
	if r.log.count("clock") > 0 {
		t.Error("got a warning of the clock on one machine, want none")
	}
}
