package load_test

import (
	"math"
	"net/netip"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/load"
)

func TestOptionsOutOfTheirRangeAreNamed(t *testing.T) {
	for want, change := range map[string]func(*load.Options){
		"clients: 0":        func(o *load.Options) { o.Clients = 0 },
		"window: 0":         func(o *load.Options) { o.Window = 0 },
		"window: 4096":      func(o *load.Options) { o.Window = 4096 },
		"swarms: 0":         func(o *load.Options) { o.Swarms = 0 },
		"swarms: -1":        func(o *load.Options) { o.Swarms = -1 },
		"peers: 0":          func(o *load.Options) { o.Peers = 0 },
		"clients: 1 is":     func(o *load.Options) { o.Clients, o.Sources = 1, loopbacks(2) },
		"clients: 2 is":     func(o *load.Options) { o.Clients, o.Targets = 2, []string{o.Targets[0], o.Targets[0], o.Targets[0]} },
		"peers: 1 is":       func(o *load.Options) { o.Peers, o.Clients, o.Sources = 1, 2, loopbacks(2) },
		"numwant: -2":       func(o *load.Options) { o.NumWant = -2 },
		"seeders: 1.5":      func(o *load.Options) { o.Seeders = 1.5 },
		"scrapes: -0.1":     func(o *load.Options) { o.Scrapes = -0.1 },
		"zipf: NaN":         func(o *load.Options) { o.Zipf = math.NaN() },
		"timeout: 0s":       func(o *load.Options) { o.Timeout = 0 },
		"duration: 0s":      func(o *load.Options) { o.Length = 0 },
		"no target":         func(o *load.Options) { o.Targets = nil },
		"udp:// or http://": func(o *load.Options) { o.Targets = []string{"https://127.0.0.1/announce"} },
		"no port":           func(o *load.Options) { o.Targets = []string{"udp://127.0.0.1"} },
		"no host":           func(o *load.Options) { o.Targets = []string{"http:///announce"} },
		"all targets":       func(o *load.Options) { o.Targets = []string{"udp://127.0.0.1:1", "http://127.0.0.1:1"} },
		"there are ports":   func(o *load.Options) { o.Peers = 65536 },
		"process 4194305":   func(o *load.Options) { o.PIDs = []int{1<<22 + 1} }, // above the most that Linux gives
		"192.0.2.1":         func(o *load.Options) { o.Sources = []netip.Addr{netip.MustParseAddr("192.0.2.1")} },
	} {
		t.Run(want, func(t *testing.T) {
			opts := small(serveUDP(t, nil).url)
			change(&opts)
			if _, err := load.Run(t.Context(), opts); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		})
	}
}

func loopbacks(n int) (addrs []netip.Addr) {
	for i := range n {
		addrs = append(addrs, netip.AddrFrom4([4]byte{127, 0, 0, byte(i + 1)}))
	}
	return addrs
}

func TestAProcessThatIsNotThereIsToldBeforeAnythingIsSent(t *testing.T) {
	tr := serveUDP(t, nil)
	opts := small(tr.url)
	opts.PIDs = []int{1<<22 + 1}
	if _, err := load.Run(t.Context(), opts); err == nil || len(tr.told()) != 0 {
		t.Errorf("got %v after announces of %d members, want an error before the first", err, len(tr.told()))
	}
}
