package redisconn_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, url string) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(redisconn.Options{URL: url, Prefix: "st:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEveryKindOfRedisIsReached(t *testing.T) {
	password := redistest.Start(t, "--requirepass", "secret")
	for name, url := range map[string]string{
		"single":   redistest.Start(t).URL(),
		"database": redistest.Start(t).URL() + "/5",
		"password": "redis://:secret@" + password.Addr,
		"cluster":  redistest.StartCluster(t, 3, false).URL(),
		"sentinel": redistest.StartWatched(t).URL(),
	} {
		c := open(t, url)
		if err := c.Check(t.Context()); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
		if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
		}
		if skew, err := c.Sync(t.Context()); err != nil || skew.Abs() > time.Second {
			t.Errorf("%s: got a skew of %v, error %v, on one machine", name, skew, err)
		}
	}
}

func TestAnotherKindOfRedisThanTheURLSaysIsRefused(t *testing.T) {
	sentinels := strings.TrimSuffix(strings.SplitN(strings.TrimPrefix(redistest.StartWatched(t).URL(), "redis://"), ",", 2)[0], "/")
	for name, url := range map[string]string{
		"a node of a Cluster": "redis://" + redistest.StartCluster(t, 3, false).Masters[0].Addr,
		"a Sentinel":          "redis://" + sentinels,
	} {
		if err := open(t, url).Check(t.Context()); !errors.Is(err, redisconn.ErrMode) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v, want that it is one", name, err)
		}
	}
}

func TestAnOldRedisIsRefused(t *testing.T) {
	for version, refused := range map[string]bool{"6.2.14": true, "7.0.0": false, "8.1": false, "": true} {
		fake := redistest.Fake{Version: func() string { return version }}
		err := open(t, fake.Start(t)).Check(t.Context())
		if errors.Is(err, redisconn.ErrVersion) != refused {
			t.Errorf("version %q: got error %v, want it refused: %v", version, err, refused)
		}
	}
}
