package client_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	hash         = bittorrent.InfoHash([]byte("\x12\x34Vx\x9a&?=%+ ABCDEFGHI"))
	peerID       = bittorrent.PeerID([]byte("-SG0001-abcdefghijkl"))
	announcement = client.Announcement{
		InfoHash: hash, PeerID: peerID, Port: 6881, Uploaded: 1, Downloaded: 2, Left: 3,
		Event: bittorrent.Started, NumWant: 50,
	}
	peers4     = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:6881"), netip.MustParseAddrPort("192.0.2.2:80")}
	v4Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	peers6     = []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::1]:6881")}
)

// compact is the form of peers on the wire.
func compact(peers []netip.AddrPort) []byte {
	b := []byte{}
	for _, p := range peers {
		b = append(b, p.Addr().AsSlice()...)
		b = append(b, byte(p.Port()>>8), byte(p.Port()))
	}
	return b
}

const connectionID = 0xc0ffee0123456789

// A udpServer is a tracker whose answers a test decides.
type udpServer struct {
	conn *net.UDPConn
	addr string

	mu      sync.Mutex // guards packets
	packets [][]byte   // all that came
	flushed chan struct{}
}

// serveUDP answers the n-th packet, counted from zero, with what answer returns, each in a packet.
func serveUDP(t *testing.T, ip string, answer func(n int, packet []byte, from *net.UDPAddr) [][]byte) *udpServer {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	s := &udpServer{conn: conn, addr: conn.LocalAddr().String(), flushed: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for n := 0; ; n++ {
			size, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			if size == 0 {
				close(s.flushed)
				continue
			}
			packet := slices.Clone(buf[:size])
			s.mu.Lock()
			s.packets = append(s.packets, packet)
			s.mu.Unlock()
			for _, reply := range answer(n, packet, from) {
				_, _ = conn.WriteToUDP(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return s
}

// received returns all packets sent to s before the call, which may be made once.
func (s *udpServer) received(t *testing.T) [][]byte {
	t.Helper()
	conn, err := net.Dial("udp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(nil); err != nil { // behind all others in the queue of s
		t.Fatal(err)
	}
	<-s.flushed
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.packets
}

// wellBehaved is how a tracker answers. Of a swarm it tells what the hash begins with.
func wellBehaved(_ int, packet []byte, from *net.UDPAddr) [][]byte {
	h, ok := udpproto.ParseHeader(packet)
	switch {
	case !ok:
		return nil
	case h.Action == udpproto.ActionConnect:
		return [][]byte{udpproto.AppendConnectReply(nil, h.TransactionID, connectionID)}
	case h.ConnectionID != connectionID:
		return [][]byte{udpproto.AppendError(nil, h.TransactionID, "bad connection ID")}
	case h.Action == udpproto.ActionAnnounce:
		r := udpproto.AnnounceReply{TransactionID: h.TransactionID, Interval: 1800, Leechers: 2, Seeders: 1}
		peers := peers6
		if from.IP.To4() != nil {
			peers = peers4
		}
		return [][]byte{append(r.Append(nil), compact(peers)...)}
	case h.Action == udpproto.ActionScrape:
		reply := udpproto.AppendScrapeReply(nil, h.TransactionID)
		for _, hash := range udpproto.AppendScrapeHashes(nil, packet) {
			reply = udpproto.AppendScrapeEntry(reply, udpproto.ScrapeEntry{
				Seeders: uint32(hash[0]), Completed: uint32(hash[1]), Leechers: uint32(hash[2]),
			})
		}
		return [][]byte{reply}
	}
	return nil
}

// serveHTTP answers HTTP requests at ip with handle, and returns the URL up to the path.
func serveHTTP(t *testing.T, ip string, handle http.HandlerFunc) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handle)
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// body answers with the same bytes whatever is asked.
func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}
