package client_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// patient waits longer than a test may take, so that it only passes when nothing is sent twice.
var patient = client.Options{RetryAfter: time.Hour}

var compareAddrs = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestUDPAnnounceInBothFamilies(t *testing.T) {
	for ip, peers := range map[string][]netip.AddrPort{"127.0.0.1": peers4, "::1": peers6} {
		server := serveUDP(t, ip, wellBehaved)
		got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient)
		if err != nil {
			t.Fatal(err)
		}
		want := client.Reply{Seeders: 1, Leechers: 2, Interval: 30 * time.Minute, Peers: peers}
		if diff := cmp.Diff(want, got, compareAddrs, cmp.Comparer(sameAddr)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", ip, diff)
		}
	}
}

func sameAddr(a, b netip.Addr) bool { return a == b }

func TestUDPAnnounceSaysWhatItWasTold(t *testing.T) {
	for _, row := range []struct {
		name, path string
		change     func(*client.Announcement)
		want       func(*udpproto.AnnounceRequest)
		options    string
	}{
		{"as it is", "", nil, nil, ""},
		{"path and query as URL data", "/announce?passkey=%20a", nil, nil, "\x02\x16/announce?passkey=%20a\x00"},
		{"path alone", "/", nil, nil, "\x02\x01/\x00"},
		{"query alone", "?key", nil, nil, "\x02\x05/?key\x00"},
		{
			"numwant zero leaves it to the tracker", "",
			func(a *client.Announcement) { a.NumWant = 0 }, func(r *udpproto.AnnounceRequest) { r.NumWant = -1 }, "",
		},
		{
			"numwant below zero asks for none", "",
			func(a *client.Announcement) { a.NumWant = -1 }, func(r *udpproto.AnnounceRequest) { r.NumWant = 0 }, "",
		},
		{
			"left unknown fits a signed number", "",
			func(a *client.Announcement) { a.Left = 1<<64 - 1 }, func(r *udpproto.AnnounceRequest) { r.Left = 1<<63 - 1 }, "",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := serveUDP(t, "127.0.0.1", wellBehaved)
			a := announcement
			want := udpproto.AnnounceRequest{
				InfoHash: hash, PeerID: peerID, Port: 6881, Uploaded: 1, Downloaded: 2, Left: 3,
				Event: bittorrent.Started, NumWant: 50,
				Header: udpproto.Header{ConnectionID: connectionID, Action: udpproto.ActionAnnounce},
			}
			if row.change != nil {
				row.change(&a)
				row.want(&want)
			}
			if _, err := client.Announce(t.Context(), "udp://"+server.addr+row.path, a, patient); err != nil {
				t.Fatal(err)
			}
			var got udpproto.AnnounceRequest
			packet := server.received(t)[1]
			options, _ := got.Parse(packet)
			got.TransactionID = 0
			if got != want || string(options) != row.options {
				t.Errorf("got %+v with options %q, want %+v with %q", got, options, want, row.options)
			}
		})
	}
}

func TestUDPTransactionsAreUnpredictable(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", wellBehaved)
	for range 2 {
		if _, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, patient); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[uint32]bool{}
	for _, packet := range server.received(t) {
		h, _ := udpproto.ParseHeader(packet)
		seen[h.TransactionID] = true
	}
	if len(seen) != 4 {
		t.Errorf("got %d transaction IDs in 4 requests, want 4", len(seen))
	}
}

func TestUDPScrapeAsks74SwarmsAPacketOverOneConnection(t *testing.T) {
	server := serveUDP(t, "::1", wellBehaved)
	var hashes []bittorrent.InfoHash
	var want []client.ScrapeResult
	for i := range 150 {
		h := bittorrent.InfoHash{byte(i), 7, 9}
		hashes = append(hashes, h)
		want = append(want, client.ScrapeResult{InfoHash: h, Seeders: uint32(i), Completed: 7, Leechers: 9})
	}
	got, err := client.Scrape(t.Context(), "udp://"+server.addr+"/announce", hashes, patient)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	var sizes []int
	for _, packet := range server.received(t) {
		sizes = append(sizes, len(packet))
	}
	if want := []int{16, 16 + 74*20, 16 + 74*20, 16 + 2*20}; !slices.Equal(sizes, want) {
		t.Errorf("got packets of %v bytes, want %v", sizes, want)
	}
}

func TestUDPClosedPortIsAnErrorAtOnce(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		_, err := client.Announce(t.Context(), "udp://"+closedPort(t, ip), announcement, patient)
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: got error %v, want connection refused", ip, err)
		}
	}
}

// closedPort returns an address where nobody listens.
func closedPort(t *testing.T, ip string) string {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

func TestUDPTriesTheNextAddressWhenNobodyListensAtTheFirst(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", wellBehaved)
	_, port, _ := net.SplitHostPort(server.addr)
	opts := patient
	opts.Network = "4"
	opts = opts.WithLookup(func(_ context.Context, network, host string) ([]netip.Addr, error) {
		if network != "ip4" || host != "tracker.example" {
			t.Errorf("got a lookup of %s %s, want ip4 tracker.example", network, host)
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.77"), netip.MustParseAddr("127.0.0.1")}, nil
	})
	if _, err := client.Announce(t.Context(), "udp://tracker.example:"+port, announcement, opts); err != nil {
		t.Error(err)
	}
}

func TestUDPSilentAddressIsNotLeftForTheNext(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", wellBehaved)
	_, port, _ := net.SplitHostPort(server.addr)
	silent, err := net.ListenPacket("udp", "127.0.0.77:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	opts := client.Options{RetryAfter: time.Millisecond, Tries: 1}.WithLookup(
		func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.77"), netip.MustParseAddr("127.0.0.1")}, nil
		})
	if _, err := client.Announce(t.Context(), "udp://tracker.example:"+port, announcement, opts); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got error %v, want a timeout", err)
	}
	if got := len(server.received(t)); got != 0 {
		t.Errorf("got %d packets at the next address, want none", got)
	}
}

func TestUDPHostWithoutAnAddressIsAnError(t *testing.T) {
	opts := patient.WithLookup(func(context.Context, string, string) ([]netip.Addr, error) { return nil, nil })
	_, err := client.Announce(t.Context(), "udp://tracker.example:6969", announcement, opts)
	if err == nil || !strings.HasSuffix(err.Error(), "tracker.example:6969: host has no address") {
		t.Errorf("got error %v, want that the host has no address", err)
	}
}
