package redisconn_test

import (
	"hash/fnv"
	"math/rand/v2"
	"testing"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

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
