package redisconn_test

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
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

func randomHash() (h bittorrent.InfoHash) {
	for i := range h {
		h[i] = byte(rand.Uint32())
	}
	return h
}

func TestAKeyHoldsTheWholeInfoHash(t *testing.T) {
	keys, err := redisconn.NewKeys("st:")
	if err != nil {
		t.Fatal(err)
	}
	h := bittorrent.InfoHash([]byte("{}\xff45678901234567890"))
	for f, want := range map[swarm.Family]string{
		swarm.IPv4: "st:4{7b7dff}45678901234567890", swarm.IPv6: "st:6{7b7dff}45678901234567890",
		swarm.WebRTC: "st:w{7b7dff}45678901234567890",
	} {
		if got := keys.Pool(f, h); got != want {
			t.Errorf("%v: got %q, want %q", f, got, want)
		}
	}
	if got, want := keys.Facts(h), "st:h{7b7dff}45678901234567890"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := redisconn.NewKeys("a{b}"); err == nil {
		t.Error("got no error for a prefix with braces")
	}
}

func TestAllKeysOfASwarmAreInTheSlotThatWeThink(t *testing.T) {
	c := redistest.StartCluster(t, 1, false)
	keys, _ := redisconn.NewKeys("any:")
	id := bittorrent.PeerID([]byte("-WW0001-{}}{abcdefgh"))
	for range 200 {
		h := randomHash()
		for _, key := range []string{keys.Pool(swarm.IPv4, h), keys.Pool(swarm.WebRTC, h), keys.Facts(h)} {
			if got, want := c.Masters[0].Int("CLUSTER", "KEYSLOT", key), redisconn.Slot(h); got != want {
				t.Fatalf("%q: got slot %d, want %d", key, got, want)
			}
		}
	}
	other := bittorrent.PeerID([]byte("-WW0001-0123456789{}"))
	for n := 1; n < 50; n++ {
		same := redisconn.Partition(id, n) == redisconn.Partition(other, n)
		a, b := c.Masters[0].Int("CLUSTER", "KEYSLOT", keys.Channel(id, n)), c.Masters[0].Int("CLUSTER", "KEYSLOT", keys.Channel(other, n))
		if same && a != b {
			t.Errorf("%d partitions: got slots %d and %d of one partition", n, a, b)
		}
		if got, want := a, redisconn.PartitionSlot(redisconn.Partition(id, n)); got != want {
			t.Errorf("%d partitions: got slot %d, want %d", n, got, want)
		}
		fnv := fnv.New32a()
		_, _ = fnv.Write(id[:])
		if got, want := redisconn.Partition(id, n), int(fnv.Sum32()%uint32(n)); got != want {
			t.Errorf("got partition %d of %d, want %d", got, n, want)
		}
	}
}

func TestURLsSayWhereRedisIs(t *testing.T) {
	for _, url := range []string{
		"redis://localhost", "redis://10.0.0.7:6380/3", "rediss://user:secret@redis.example:6379",
		"redis://[::1]:7000/?mode=single", "redis://[::1]", "redis://[::1],[2001:db8::1]:1?mode=cluster", "redis://h1:7001,h2:7002,h3/?mode=cluster",
		"redis://:secret@h1,h2/2?mode=sentinel&master=m&sentinel_password=x",
	} {
		c, err := redisconn.Open(redisconn.Options{URL: url})
		if err != nil {
			t.Errorf("%s: got error %v, want none", url, err)
			continue
		}
		_ = c.Close()
	}
	const secret = "hunter2"
	for url, want := range map[string]string{
		"":                                       "begins with redis://",
		"http://h":                               "begins with redis://",
		"redis://":                               "no host",
		"redis://h1,h2":                          "several addresses need",
		"redis://h1,h2?mode=single":              "one address",
		"redis://h?mode=cluser":                  "mode \"cluser\" is unknown",
		"redis://h?mode=sentinel":                "needs master=NAME",
		"redis://h?master=m":                     "master is for mode=sentinel",
		"redis://h/x":                            "is no database",
		"redis://h/-1":                           "is no database",
		"redis://h/1?mode=cluster":               "no databases but 0",
		"redis://h?timeout=1":                    "\"timeout\" is unknown",
		"redis://u:" + secret + "@h:port":        "is no port",
		"redis://u:" + secret + "@h/x":           "is no database",
		"redis://u:" + secret + "/x@h:1":         "there is an @ behind the first",
		"redis://u:12/" + secret + "@h:1":        "there is an @ behind the first",
		"redis://u:12?" + secret + "@h:1":        "there is an @ behind the first",
		"redis://u:12#" + secret + "@h:1":        "there is an @ behind the first",
		"redis://h:1/#" + secret:                 "is no URL",
		"redis://u:" + secret + "%zz@h?mode=a%z": "no URL",
		"redis://u:" + secret + "^@h":            "no URL",
		"redis://h?" + secret + "%zz":            "no URL",
		"redis://u:" + secret + "/x@h":           "%2F for /",
		"redis://u:1/" + secret + "@h":           "%2F for /",
		"redis://:1?" + secret + "@h":            "%3F for ?",
		"redis://:1#" + secret + "@h":            "%23 for #",
		"redis://u:" + secret:                    "is no port; use 1 to 65535",
		"redis://h:0":                            "is no port; use 1 to 65535",
		"redis://h:65536":                        "is no port; use 1 to 65535",
		"redis://h:":                             "is no port; use 1 to 65535",
		"redis://:6379":                          "no host",
		"redis://h1,,h2?mode=cluster":            "no host",
		"redis://::1":                            "stands in brackets; use redis://[::1]:6379",
		"redis://::1:6379/2":                     "stands in brackets",
		"redis://h,2001:db8::1?mode=cluster":     "stands in brackets",
		"redis://[::1":                           "stands in brackets",
		"redis://[u:" + secret + "]":             "stands in brackets",
		"redis://[127.0.0.1]:6379":               "stands in brackets",
		"redis://[::1]6379":                      "is no port",
		"redis://u:" + secret + "@h\nredis://h2": "it is one line",
		"redis://u:" + secret + " x@h":           "%20 for a blank",
	} {
		_, err := redisconn.Open(redisconn.Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got the password in %q", url, err)
		}
	}
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
