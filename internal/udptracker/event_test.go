package udptracker_test

import (
	"encoding/binary"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func (n *node) announces(t testing.TB, e bittorrent.Event) float64 {
	t.Helper()
	return n.value(t, "starling_announces_total", "udp", n.network.family.String(), e.String())
}

func TestAnUnknownEventIsNone(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		c.announce(c.announcement(hashA))
		for _, event := range []uint32{5, 255, 0x100, 0x101, 0x103, 0x01000000, 0x03000000, 0xffffffff} {
			r := c.announcement(hashA)
			packet := r.Append(nil)
			binary.BigEndian.PutUint32(packet[80:], event)
			c.isMine(c.ask(packet), udpproto.ActionAnnounce)
			if got := c.scrape(hashA)[0]; got != (udpproto.ScrapeEntry{Leechers: 1}) {
				t.Errorf("event %#x: got %+v, want the leecher still there, and nothing completed", event, got)
			}
		}
		if got := n.announces(t, bittorrent.None); got != 9 {
			t.Errorf("got %v announces without an event, want 9", got)
		}
	})
}

func TestEventsMeanWhatTheirNumbersSay(t *testing.T) {
	rows := []struct {
		name   string
		number byte
		event  bittorrent.Event
		left   uint64
		want   udpproto.ScrapeEntry // of a swarm in which the announcer was a leecher
	}{
		{"0 none", 0, bittorrent.None, 1, udpproto.ScrapeEntry{Leechers: 1}},
		{"1 completed", 1, bittorrent.Completed, 0, udpproto.ScrapeEntry{Seeders: 1, Completed: 1}},
		{"2 started", 2, bittorrent.Started, 1, udpproto.ScrapeEntry{Leechers: 1}},
		{"3 stopped", 3, bittorrent.Stopped, 1, udpproto.ScrapeEntry{}},
		{"4 paused", 4, bittorrent.Paused, 1, udpproto.ScrapeEntry{Leechers: 1}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, setup{}, func(t *testing.T, n *node) {
				c := n.connected(t)
				c.announce(c.announcement(hashA))
				before := n.announces(t, row.event)
				r := c.announcement(hashA)
				r.Left = row.left
				packet := r.Append(nil)
				packet[83] = row.number
				c.isMine(c.ask(packet), udpproto.ActionAnnounce)
				if got := c.scrape(hashA)[0]; got != row.want {
					t.Errorf("got %+v, want %+v", got, row.want)
				}
				if got := n.announces(t, row.event) - before; got != 1 {
					t.Errorf("got %v announces counted as %v, want 1", got, row.event)
				}
			})
		})
	}
}

func TestAStoppedPeerGetsTheCountsAndNoPeers(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		n.fill(t, hashA, 3, 1)
		c := n.connected(t)
		for _, known := range []bool{false, true} {
			r := c.announcement(hashA)
			r.Event, r.NumWant = bittorrent.Stopped, 50
			if got := c.announce(r); got.Seeders != 1 || got.Leechers != 2 || got.Interval != 1800 || len(got.peers) != 0 {
				t.Errorf("known %v: got %+v, want the counts of the others, the interval and no peers", known, got)
			}
			c.announce(c.announcement(hashA))
		}
		r := c.announcement(hashB)
		r.Event = bittorrent.Stopped
		c.announce(r)
		if got := n.value(t, "starling_swarms", n.network.family.String()); got != 1 {
			t.Errorf("stopped in an unknown swarm: got %v swarms, want it not created", got)
		}
	})
}
