package tracker_test

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// crowds are announcers that resemble each other as those in the field do. The n-th of a crowd is
// another one than all others.
var crowds = map[string]func(n int) swarm.Announce{
	"neighbors in an IPv4 network": func(n int) swarm.Announce {
		return swarm.Announce{InfoHash: bittorrent.InfoHash{1: 7}, Peer: peer(swarm.IPv4, n)}
	},
	"neighbors in an IPv6 network": func(n int) swarm.Announce {
		return swarm.Announce{InfoHash: bittorrent.InfoHash{1: 7}, Peer: peer(swarm.IPv6, n)}
	},
	"IPv6 networks": func(n int) swarm.Announce {
		ip := [16]byte{0: 0x20, 1: 0x01, 4: byte(n >> 8), 5: byte(n), 15: 1}
		return swarm.Announce{Peer: swarm.TCPPeer(netip.AddrPortFrom(netip.AddrFrom16(ip), 6881))}
	},
	"ports behind one address": func(n int) swarm.Announce {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), uint16(n))
		return swarm.Announce{InfoHash: hash(1), Peer: swarm.TCPPeer(addr)}
	},
	"one peer in many swarms": func(n int) swarm.Announce {
		var h bittorrent.InfoHash
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		for i := range h {
			h[i] = byte(rng.Uint32())
		}
		return swarm.Announce{InfoHash: h, Peer: peer(swarm.IPv4, 1)}
	},
}

// crowdSize is below the number of ports.
const crowdSize = 40_000

func jittered() tracker.Options {
	opts := options
	opts.IntervalJitter = true
	return opts
}

func TestJitterSpreadsTheIntervalEvenlyWithin10Percent(t *testing.T) {
	const bins = 20
	n := over(new(fakeStore), jittered())
	for name, crowd := range crowds {
		var got [bins]int
		for i := range crowdSize {
			ratio := float64(n.announce(t, crowd(i)).Interval) / float64(options.Interval)
			if ratio < 0.9 || ratio >= 1.1 {
				t.Fatalf("%s: got %v of the interval, want it within 10 %%", name, ratio)
			}
			got[int((ratio-0.9)/0.2*bins)]++
		}
		const each = crowdSize / bins // give or take 45, by chance
		for bin, count := range got {
			if math.Abs(float64(count-each)) > each/8 {
				t.Errorf("%s: got %d of %d in bin %d of %d, want about %d", name, count, crowdSize, bin, bins, each)
			}
		}
	}
}

func TestJitterDependsOnTheSwarmAndThePeerAlone(t *testing.T) {
	replicas := []node{over(new(fakeStore), jittered()), overMemory(jittered())}
	distinct := map[time.Duration]bool{}
	for swarms := range 10 {
		for peers := range 10 {
			a := swarm.Announce{InfoHash: bittorrent.InfoHash{3: byte(swarms)}, Peer: peer(swarm.IPv4, peers)}
			want := replicas[0].announce(t, a).Interval
			distinct[want] = true
			for _, n := range replicas {
				for e := range bittorrent.Event(bittorrent.Events) {
					a.Event, a.Seeder, a.NumWant = e, !a.Seeder, int(e)
					a.Proto = swarm.Proto(e % 2)
					if got := n.announce(t, a).Interval; got != want {
						t.Errorf("%+v: got %v, want %v as before", a, got, want)
					}
				}
			}
		}
	}
	if len(distinct) < 80 {
		t.Errorf("got %d intervals for 100 pairs of swarm and peer, want nearly as many", len(distinct))
	}
}

func TestWithoutJitterTheIntervalIsAsConfigured(t *testing.T) {
	n := over(new(fakeStore), options)
	for _, crowd := range crowds {
		for i := range 100 {
			if got := n.announce(t, crowd(i)); got.Interval != options.Interval || got.MinInterval != options.MinInterval {
				t.Fatalf("got %v and %v at least, want %v and %v",
					got.Interval, got.MinInterval, options.Interval, options.MinInterval)
			}
		}
	}
}

func TestTheMinIntervalIsNeverAboveTheInterval(t *testing.T) {
	for _, least := range []time.Duration{0, options.Interval * 9 / 10, options.Interval} {
		opts := jittered()
		opts.MinInterval = least
		n := over(new(fakeStore), opts)
		if got := n.MinInterval(); got != least {
			t.Errorf("got %v at least for scrapes, want %v", got, least)
		}
		for i := range 1000 {
			got := n.announce(t, crowds["neighbors in an IPv4 network"](i))
			if want := min(least, got.Interval); got.MinInterval != want {
				t.Fatalf("%v at least: got %v of %v, want %v", least, got.MinInterval, got.Interval, want)
			}
		}
	}
}

// All protocols count in seconds, and round down.
func TestJitterLeavesASecond(t *testing.T) {
	opts := jittered()
	opts.Interval, opts.MinInterval = time.Second, time.Second
	n := over(new(fakeStore), opts)
	for i := range 1000 {
		got := n.announce(t, crowds["neighbors in an IPv4 network"](i))
		if got.Interval < time.Second || got.Interval >= 1100*time.Millisecond || got.MinInterval != time.Second {
			t.Fatalf("got %v and %v at least, want a second or a little more, and a second", got.Interval, got.MinInterval)
		}
	}
}
