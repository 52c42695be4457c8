package udptracker_test

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestAnAnnounceIsAnsweredByteForByteAsBEP15Says(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		n.fill(t, hashA, 1, 1)
		c := n.connected(t)
		request := binary.BigEndian.AppendUint64(nil, c.connectionID)
		request = append(request, "\x00\x00\x00\x01"+"\xc0\xff\xee\x02"...)
		request = append(request, hashA[:]...)
		request = append(request, "-SL0100-abcdefghijkl"...)
		request = append(request, "\x00\x00\x00\x01\x02\x03\x04\x05"+ // downloaded
			"\x00\x00\x00\x01\x00\x00\x00\x00"+ // left: nothing, to who reads 32 bits of it
			"\x00\x00\x00\x00\x00\x00\x00\x01"+ // uploaded
			"\x00\x00\x00\x02"+"\x00\x00\x00\x00"+"\xde\xad\xbe\xef"+ // started, ip, key
			"\xff\xff\xff\xff"+"\x1a\xe2"...) // num_want, port
		want := "\x00\x00\x00\x01" + "\xc0\xff\xee\x02" + "\x00\x00\x07\x08" + // 30 minutes
			"\x00\x00\x00\x01" + "\x00\x00\x00\x01" // a leecher, a seeder
		if n.network.family == swarm.IPv4 {
			want += "\xc6\x12\x00\x00" + "\x1a\xe1"
		} else {
			want += "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x1a\xe1"
		}
		if got := c.ask(request); string(got) != want {
			t.Errorf("got  %x\nwant %x", got, want)
		}
	})
}

func TestTheCountsIncludeTheAnnounce(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		for i, tt := range []struct {
			left              uint64
			seeders, leechers uint32
		}{{1, 0, 1}, {0, 1, 1}, {1 << 32, 1, 2}, {1<<64 - 1, 1, 3}, {0, 2, 3}} {
			r := c.announcement(hashA)
			r.Left, r.Port = tt.left, uint16(1000+i)
			if got := c.announce(r); got.Seeders != tt.seeders || got.Leechers != tt.leechers {
				t.Errorf("left %d: got %d seeders and %d leechers, want %d and %d",
					tt.left, got.Seeders, got.Leechers, tt.seeders, tt.leechers)
			}
		}
	})
}

func TestTheAddressIsTheSourcesAndTheIPFieldIsIgnored(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		for i, ip := range []uint32{0, 0xc6336401, 0xffffffff} {
			r := c.announcement(hashA)
			r.IP, r.Port = ip, uint16(1000+i)
			c.announce(r)
		}
		got := c.announce(c.announcement(hashA)).peers
		slices.SortFunc(got, netip.AddrPort.Compare)
		want := []netip.AddrPort{netip.AddrPortFrom(c.ip, 1000), netip.AddrPortFrom(c.ip, 1001), netip.AddrPortFrom(c.ip, 1002)}
		if !slices.Equal(got, want) {
			t.Errorf("got peers %v, want %v", got, want)
		}
	})
}

func TestAPeerIsItsAddressWhateverItCallsItself(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		r := c.announcement(hashA)
		c.announce(r)
		r = c.announcement(hashA)
		r.PeerID, r.Key = bittorrent.PeerID{}, 99
		if got := c.announce(r); got.Leechers != 1 || len(got.peers) != 0 {
			t.Errorf("another peer ID and key: got %+v, want the peer alone in its swarm", got)
		}
	})
}

func TestPort0IsAnErrorExceptWhenStopped(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		for e := range bittorrent.Event(bittorrent.Events) {
			r := c.announcement(hashA)
			r.Port, r.Event = 0, e
			if e == bittorrent.Stopped {
				if got := c.announce(r); got.Leechers != 0 || got.Interval != 1800 {
					t.Errorf("stopped: got %+v, want an empty swarm and the interval", got)
				}
				continue
			}
			if got := c.refused(r.Append(nil)); got != "invalid port" {
				t.Errorf("event %v: got error %q, want that of an invalid port", e, got)
			}
		}
		if got := n.value(t, "starling_refusals_total", "udp", "invalid_port"); got != bittorrent.Events-1 {
			t.Errorf("got %v refusals counted, want %d", got, bittorrent.Events-1)
		}
		if got := c.scrape(hashA)[0]; got != (udpproto.ScrapeEntry{}) {
			t.Errorf("got %+v afterwards, want an empty swarm", got)
		}
	})
}
