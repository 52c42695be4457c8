package redisconn_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestRedisAwayIsAnErrorAtOnce(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s.Freeze()
	began := time.Now()
	err := c.Ping(ctx).Err()
	if took := time.Since(began); err == nil || took > time.Second {
		t.Errorf("frozen: got error %v after %v, want one after 100ms", err, took)
	}
	s.Thaw()
	s.Kill()
	began = time.Now()
	err = c.Ping(t.Context()).Err()
	_, known := errors.AsType[*net.OpError](err)
	if took := time.Since(began); !known || !strings.Contains(err.Error(), "dial tcp "+s.Addr) || took > time.Second {
		t.Errorf("gone: got error %v after %v, want one at once that says of which address", err, took)
	}
}

// TestRedisIsReachedAsSoonAsItIsBack has many attempts fail first, after which a client may be tempted to stop
// trying.
func TestRedisIsReachedAsSoonAsItIsBack(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	s.Kill()
	for range 200 {
		if err := c.Ping(t.Context()).Err(); err == nil {
			t.Fatal("got an answer of a server that is gone")
		}
	}
	s.Restart()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Errorf("got error %v at the first attempt, want an answer", err)
	}
}

// TestAReplacedNodeIsFoundByPipelines kills a master of a Cluster. Nothing but pipelines is sent.
func TestAReplacedNodeIsFoundByPipelines(t *testing.T) {
	cluster := redistest.StartCluster(t, 3, true)
	c := open(t, cluster.URL())
	set := func(ctx context.Context) error {
		pipe := c.Pipeline()
		pipe.Set(ctx, "{06S}", "v", 0) // slot 0
		_, err := pipe.Exec(ctx)
		return err
	}
	if err := set(t.Context()); err != nil {
		t.Fatal(err)
	}
	cluster.Masters[0].Kill()
	cluster.Replicas[0].Await("the new master", set)
}
