package udptracker_test

import (
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// withAction is a packet of length bytes whose connection ID is good.
func (c *client) withAction(a udpproto.Action, length int) []byte {
	r := c.announcement(hashA)
	packet := append(r.Append(nil), make([]byte, 100)...)
	packet[8], packet[9], packet[10], packet[11] = byte(a>>24), byte(a>>16), byte(a>>8), byte(a)
	return packet[:length]
}

func TestWhatNoClientSendsIsMetWithSilenceAndCounted(t *testing.T) {
	rows := []struct {
		name, reason string
		packets      func(c *client) [][]byte
	}{
		{"shorter than 16 bytes", "short", func(c *client) (packets [][]byte) {
			for length := range 16 {
				packets = append(packets,
					udpproto.AppendConnectRequest(nil, 1)[:length], c.withAction(udpproto.ActionScrape, length))
			}
			return packets
		}},
		{"unknown action", "unknown_action", func(c *client) (packets [][]byte) {
			for _, a := range []udpproto.Action{3, 4, 0x100, 0x101, 0x01000000, 0xffffffff} {
				packets = append(packets, c.withAction(a, 16), c.withAction(a, 98))
			}
			return packets
		}},
		{"wrong magic", "wrong_magic", func(c *client) (packets [][]byte) {
			good := udpproto.AppendConnectRequest(nil, 1)
			for i := range 8 {
				bad := append([]byte(nil), good...)
				bad[i] ^= 1
				packets = append(packets, bad)
			}
			return append(packets, make([]byte, 16), c.withAction(udpproto.ActionConnect, 98))
		}},
		{"announce under 98 bytes", "short", func(c *client) (packets [][]byte) {
			for length := 16; length < 98; length++ {
				packets = append(packets, c.withAction(udpproto.ActionAnnounce, length))
			}
			return packets
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			everywhere(t, setup{}, func(t *testing.T, n *node) {
				c := n.connected(t)
				packets := row.packets(c)
				for _, packet := range packets {
					c.silence(packet)
				}
				if got, want := n.dropped(t, row.reason), float64(len(packets)); got != want {
					t.Errorf("got %v dropped as %s, want %v", got, row.reason, want)
				}
				if got, want := n.allDropped(t), float64(len(packets)); got != want {
					t.Errorf("got %v dropped in all, want %v", got, want)
				}
				if got := c.scrape(hashA); got[0] != (udpproto.ScrapeEntry{}) {
					t.Errorf("got %+v afterwards, want an empty swarm", got)
				}
			})
		})
	}
}

// No socket sends from port 0, but whoever writes packets by hand does.
func TestSourcePort0IsMetWithSilenceAndCounted(t *testing.T) {
	n := start(t, setup{})
	handle := n.Handler()
	packets := [][]byte{
		udpproto.AppendConnectRequest(nil, 1),
		n.connected(t).scrapeRequest(hashA),
		n.connected(t).withAction(udpproto.ActionAnnounce, 98),
	}
	for _, ip := range []string{"127.0.0.1", "::1", "192.0.2.1", "2001:db8::1"} {
		for _, packet := range packets {
			from := netip.AddrPortFrom(netip.MustParseAddr(ip), 0)
			if reply := handle(t.Context(), packet, from); len(reply) != 0 {
				t.Errorf("%x from %v: got %q, want nothing", packet, from, reply)
			}
		}
	}
	if got := n.dropped(t, "source_port"); got != 12 {
		t.Errorf("got %v dropped as source_port, want 12", got)
	}
}
