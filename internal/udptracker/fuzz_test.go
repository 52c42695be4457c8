package udptracker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// FuzzHandle sends packets from any source, with a good connection ID where known is true. It holds
// whatever a packet says that
//
//   - it is answered or counted as dropped, and never both;
//   - its reply is of its transaction, of its kind or an error, and not too long;
//   - who did not show a good connection ID gets no more bytes than they sent, so that nobody
//     can make the tracker send others more than they send themselves.
func FuzzHandle(f *testing.F) {
	n := open(f, setup{store: memstore.Options{MaxPeers: 10_000}})
	f.Cleanup(func() { n.Close() })
	for _, nw := range networks[:2] {
		(&node{network: nw, store: n.store}).fill(f, hashA, 300, 150)
	}
	handle := n.Handler()

	seed := func(packet []byte, known bool) {
		for _, source := range sources {
			f.Add(packet, known, source.Addr().AsSlice(), source.Port())
		}
	}
	h := udpproto.Header{TransactionID: 0xc0ffee}
	announce := udpproto.AnnounceRequest{Header: h, InfoHash: hashA, NumWant: 300, Port: 6881}
	scrape := udpproto.AppendScrapeRequest(nil, h, []bittorrent.InfoHash{hashA, hashB, hashA})
	for _, known := range []bool{true, false} {
		seed(udpproto.AppendConnectRequest(nil, 1), known)
		seed(udpproto.AppendURLOptions(announce.Append(nil), "/announce?passkey=1"), known)
		seed(scrape, known)
		seed(scrape[:16], known)
		seed(scrape[:15], known)
	}

	f.Fuzz(func(t *testing.T, packet []byte, known bool, ip []byte, port uint16) {
		addr, ok := netip.AddrFromSlice(ip)
		if !ok {
			t.Skip("no address")
		}
		source := netip.AddrPortFrom(addr.Unmap(), port)
		if known && len(packet) >= 8 && port != 0 {
			connect := handle(context.Background(), udpproto.AppendConnectRequest(nil, 1), source)
			id, _ := udpproto.ParseConnectReply(connect)
			packet = bytes.Clone(packet) // the fuzzer keeps its own
			binary.BigEndian.PutUint64(packet, id)
		}
		before := n.allDropped(t)
		reply := handle(context.Background(), packet, source)
		dropped := n.allDropped(t) - before
		if answered := len(reply) > 0; answered == (dropped == 1) || dropped > 1 {
			t.Fatalf("got a reply of %d bytes and %v drops, want one of the two", len(reply), dropped)
		}
		if len(reply) == 0 {
			return
		}
		if !known && len(reply) > len(packet) {
			t.Errorf("got %d bytes for %d from who never connected, want no more than those", len(reply), len(packet))
		}
		if len(reply) > 1232 {
			t.Errorf("got %d bytes, want 1232 at most", len(reply))
		}
		checkReply(t, packet, reply, source)
	})
}

// checkReply fails the test unless reply could be one to packet.
func checkReply(t *testing.T, packet, reply []byte, source netip.AddrPort) {
	asked, ok := udpproto.ParseHeader(packet)
	action, id, replyOK := udpproto.ParseReplyHeader(reply)
	if !ok || !replyOK || id != asked.TransactionID {
		t.Fatalf("got reply %x to %x, want one of its transaction", reply, packet)
	}
	switch action {
	case udpproto.ActionError:
		if text := udpproto.ErrorText(reply); text == "" || bytes.IndexByte(reply[8:], 0) >= 0 {
			t.Errorf("got error %q, want text without a NUL", reply[8:])
		}
		return
	case asked.Action:
	default:
		t.Fatalf("got %v in reply to %v", action, asked.Action)
	}
	peerLen := map[bool]int{true: 6, false: 18}[source.Addr().Is4()]
	rest := map[udpproto.Action]int{
		udpproto.ActionConnect:  len(reply) - 16,
		udpproto.ActionAnnounce: (len(reply) - 20) % peerLen,
		udpproto.ActionScrape:   len(reply) - 8 - 12*min((len(packet)-16)/20, 74),
	}
	if rest[action] != 0 {
		t.Errorf("got a reply of %d bytes to %v of %d bytes, want another length", len(reply), action, len(packet))
	}
}
