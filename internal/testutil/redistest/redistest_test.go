package redistest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestAServerIsAloneAndComesBackEmpty(t *testing.T) {
	a, b := redistest.Start(t), redistest.Start(t)
	a.Do("SET", "k", "v")
	if got := b.Int("DBSIZE"); got != 0 {
		t.Errorf("got %d keys in the other server, want none", got)
	}
	a.Kill()
	if a.Restart(); a.Int("DBSIZE") != 0 {
		t.Error("got keys after a crash, want none")
	}
}

func TestAFrozenServerAnswersWhenItIsThawed(t *testing.T) {
	s := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1, ContextTimeoutEnabled: true})
	defer client.Close()
	s.Freeze()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := client.Ping(ctx).Err(); err == nil {
		t.Error("got an answer of a frozen server")
	}
	s.Thaw()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Errorf("got error %v after the thaw, want an answer", err)
	}
}

func TestAClusterSharesItsSlots(t *testing.T) {
	c := redistest.StartCluster(t, 3, true)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{c.Masters[0].Addr}})
	defer client.Close()
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		if err := client.Set(t.Context(), key, key, 0).Err(); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	for i, s := range c.Masters {
		if s.Int("DBSIZE") == 0 {
			t.Errorf("got no keys in master %d, want some", i)
		}
	}
}

func TestSentinelsReplaceAMasterThatIsGone(t *testing.T) {
	w := redistest.StartWatched(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: redistest.MasterName, SentinelAddrs: []string{w.Sentinels[0].Addr},
	})
	defer client.Close()
	w.Master.Kill()
	w.Replica.Await("its promotion", func(ctx context.Context) error { return client.Set(ctx, "k", "v", 0).Err() })
	if got := w.Replica.Text("GET", "k"); got != "v" {
		t.Errorf("got %q in the former replica, want v", got)
	}
}
