package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

const hashText = "00112233445566778899aabbccddeeff10325476"

// storeOf returns a store whose swarm hashText has these peers, each for 63 minutes. Those whose
// event is Completed are seeders.
func storeOf(t *testing.T, peers map[swarm.Peer]bittorrent.Event) *memstore.Store {
	t.Helper()
	h, err := bittorrent.ParseInfoHash(hashText)
	if err != nil {
		t.Fatal(err)
	}
	store := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: 63 * time.Minute})
	for p, e := range peers {
		a := swarm.Announce{InfoHash: h, Peer: p, Event: e, Seeder: e == bittorrent.Completed}
		if _, err := store.Announce(t.Context(), a, new(swarm.Peers)); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func tcp(addr string) swarm.Peer { return swarm.TCPPeer(netip.MustParseAddrPort(addr)) }

func TestASwarmIsReportedByPool(t *testing.T) {
	n := start(t, storeOf(t, map[swarm.Peer]bittorrent.Event{
		tcp("192.0.2.1:6881"):     bittorrent.Started,
		tcp("192.0.2.2:80"):       bittorrent.Completed,
		tcp("[2001:db8::1]:6881"): bittorrent.Completed,
		swarm.WebRTCPeer(bittorrent.PeerID{0: '-', 1: 0xff, 19: 1}): bittorrent.None,
	}))
	const want = `{"info_hash":"` + hashText + `","completed":2,"pools":[` +
		`{"family":"ipv4","seeders":1,"leechers":1,"peers":[` +
		`{"peer":"192.0.2.2:80","role":"seeder","expires_seconds":3780},` +
		`{"peer":"192.0.2.1:6881","role":"leecher","expires_seconds":3780}]},` +
		`{"family":"ipv6","seeders":1,"leechers":0,"peers":[` +
		`{"peer":"[2001:db8::1]:6881","role":"seeder","expires_seconds":3780}]},` +
		`{"family":"webrtc","seeders":0,"leechers":1,"peers":[` +
		`{"peer":"2dff000000000000000000000000000000000001","role":"leecher","expires_seconds":3780}]}]}` + "\n"
	for _, hash := range []string{hashText, strings.ToUpper(hashText), hashText + strings.Repeat("f", 24)} {
		got := n.get(t, "/swarms/"+hash)
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" || got.body != want {
			t.Errorf("%s: got %d of type %q,\n%s\nwant 200 of type application/json,\n%s",
				hash, got.status, got.header.Get("Content-Type"), got.body, want)
		}
	}
}

func TestAnUnknownSwarmIsReportedAsEmpty(t *testing.T) {
	got := start(t, nil).get(t, "/swarms/"+hashText)
	if want := `{"info_hash":"` + hashText + `","completed":0,"pools":[]}` + "\n"; got.status != http.StatusOK || got.body != want {
		t.Errorf("got %d %s, want 200 %s", got.status, got.body, want)
	}
}

func TestTheLimitIsOfThePeersOfAPoolAndNotOfTheCounts(t *testing.T) {
	const crowd = ops.DefaultPeers + 20
	peers := map[swarm.Peer]bittorrent.Event{}
	for i := range crowd {
		peers[tcp(fmt.Sprintf("192.0.2.1:%d", i+1))] = bittorrent.None
		peers[tcp(fmt.Sprintf("[2001:db8::1]:%d", i+1))] = bittorrent.Completed
	}
	n := start(t, storeOf(t, peers))
	for query, want := range map[string]int{
		"": ops.DefaultPeers, "?limit=": ops.DefaultPeers, "?limit=0": 0, "?limit=1": 1, "?limit=119": 119,
		"?limit=120": crowd, "?limit=10000": crowd,
	} {
		got := n.get(t, "/swarms/"+hashText+query)
		var report ops.Swarm
		if err := json.Unmarshal([]byte(got.body), &report); err != nil || len(report.Pools) != 2 {
			t.Fatalf("%q: got %s, error %v, want two pools", query, got.body, err)
		}
		for _, pool := range report.Pools {
			if len(pool.Peers) != want || pool.Peers == nil || pool.Seeders+pool.Leechers != crowd {
				t.Errorf("%q: got %d of %d and %d %s peers, want %d of %d",
					query, len(pool.Peers), pool.Seeders, pool.Leechers, pool.Family, want, crowd)
			}
		}
	}
}

func TestWhatIsNoHashOrNoLimitIsABadRequest(t *testing.T) {
	n := start(t, nil)
	for path, want := range map[string]string{
		"x":                             "info hash",
		hashText[1:]:                    "info hash",
		hashText + "0":                  "info hash",
		"g" + hashText[1:]:              "info hash",
		"%00" + hashText[1:]:            "info hash",
		hashText + "?limit=x":           "limit: want a number from 0 to 10000",
		hashText + "?limit=-1":          "limit: want a number from 0 to 10000",
		hashText + "?limit=1.5":         "limit: want a number from 0 to 10000",
		hashText + "?limit=10001":       "limit: want a number from 0 to 10000",
		hashText + "?limit=99999999999": "limit: want a number from 0 to 10000",
	} {
		got := n.get(t, "/swarms/"+path)
		if got.status != http.StatusBadRequest || !strings.HasPrefix(got.body, want) {
			t.Errorf("%s: got %d %q, want 400 and %q", path, got.status, got.body, want)
		}
	}
}

func TestAStoreThatFailsIsAnErrorAndLogged(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:6379: i/o timeout")
	n := open(t, inspector(func(context.Context, bittorrent.InfoHash, int) (swarm.Detail, error) {
		return swarm.Detail{}, cause
	}))
	stop := n.run(t)
	got := n.get(t, "/swarms/"+hashText)
	stop()
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, cause.Error()) {
		t.Errorf("got %d %q, want 503 and the cause", got.status, got.body)
	}
	if log := n.log.String(); strings.Count(log, cause.Error()) != 1 {
		t.Errorf("got log %q, want the cause once", log)
	}
}
