package udptracker_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// sources are where the packets come from that no socket sends.
var sources = map[swarm.Family]netip.AddrPort{
	swarm.IPv4: netip.MustParseAddrPort("192.0.2.1:6881"),
	swarm.IPv6: netip.MustParseAddrPort("[2001:db8:1::1]:6881"),
}

// A handled packet is one of each kind that is answered, to a node of 1000 peers in one swarm.
type handled struct {
	name   string
	packet []byte
	reply  int // bytes
}

// handledPackets opens a node that does not run, and makes packets for it as from source.
func handledPackets(tb testing.TB, nw network) (handle func([]byte) []byte, packets []handled) {
	tb.Helper()
	n := open(tb, setup{network: nw})
	tb.Cleanup(func() { n.Close() })
	n.fill(tb, hashA, 1000, 500)
	source, handler := sources[nw.family], n.Handler()
	handle = func(packet []byte) []byte { return handler(context.Background(), packet, source) }

	connect := udpproto.AppendConnectRequest(nil, 1)
	id, _ := udpproto.ParseConnectReply(handle(connect))
	announce := udpproto.AnnounceRequest{
		Header: udpproto.Header{ConnectionID: id}, InfoHash: hashA, Left: 1, NumWant: 50, Port: 6881,
	}
	var hashes []bittorrent.InfoHash
	for i := range udpproto.MaxScrapeHashes {
		hashes = append(hashes, bittorrent.InfoHash{0: byte(i)})
	}
	peerLen := map[swarm.Family]int{swarm.IPv4: 6, swarm.IPv6: 18}[nw.family]
	bad := announce
	bad.ConnectionID++
	return handle, []handled{
		{"connect", connect, 16},
		{"announce 50 peers", announce.Append(nil), 20 + 50*peerLen},
		{"scrape 1", udpproto.AppendScrapeRequest(nil, announce.Header, hashes[:1]), 8 + 12},
		{"scrape 74", udpproto.AppendScrapeRequest(nil, announce.Header, hashes), 8 + 12*74},
		{"bad connection ID", bad.Append(nil), 8 + len("expired connection ID")},
	}
}

func TestHandlingAllocatesNothing(t *testing.T) {
	for _, nw := range networks[:2] {
		handle, packets := handledPackets(t, nw)
		for _, p := range packets {
			if got := len(handle(p.packet)); got != p.reply {
				t.Errorf("%s, %s: got a reply of %d bytes, want %d", nw.name, p.name, got, p.reply)
			}
			testutil.NoAllocs(t, nw.name+", "+p.name, func() { handle(p.packet) })
		}
		testutil.NoAllocs(t, nw.name+", dropped", func() { handle(packets[1].packet[:97]) })
	}
}

// BenchmarkHandle is a packet's way without the socket: from its bytes to those of the reply.
func BenchmarkHandle(b *testing.B) {
	for _, nw := range networks[:2] {
		handle, packets := handledPackets(b, nw)
		for _, p := range packets {
			b.Run(nw.name+"/"+p.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					handle(p.packet)
				}
			})
		}
	}
}
