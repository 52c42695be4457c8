package reliability_test

import (
	"bytes"
	"crypto/rand"
	"sync/atomic"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// TestAnAnnounceIsOneRoundTrip counts the bursts that hold a key of swarms of its own, so that what the replica
// asks for beside them does not matter.
func TestAnAnnounceIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := tcpproxy.Start(t, redis.Addr)
	s := start(t, "redis://"+proxy.Addr)
	s.awaitReady(200, "ready\n")
	for proto, clients := range map[string]announcers{"udp": &udpClients{addr: s.udp}, "http": newHTTPClients(s.http)} {
		c, err := clients.take()
		if err != nil {
			t.Fatal(err)
		}
		mark := []byte(proto + "-round-trip")
		var bursts atomic.Int64
		proxy.Observe(func(burst []byte) {
			if bytes.Contains(burst, mark) {
				bursts.Add(1)
			}
		})
		const swarms, peers = 50, 4
		for range swarms {
			var h bittorrent.InfoHash
			_, _ = rand.Read(h[:3])
			copy(h[3:], mark)
			for peer := range uint16(peers) {
				if o := c.announce(h, firstPort+peer); o.verdict != answered || o.members != int(peer)+1 {
					t.Fatalf("%s: got %+v, want %d members", proto, o, peer+1)
				}
			}
		}
		if got := bursts.Load(); got != swarms*peers {
			t.Errorf("%s: got %d round trips for %d announces, want as many", proto, got, swarms*peers)
		}
		clients.put(c)
		clients.close()
	}
}
