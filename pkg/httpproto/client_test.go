package httpproto_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

func TestAppendQueryWritesWhatTrackersExpect(t *testing.T) {
	const head = "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-TR4060-abcdefghijkl"
	base := httpproto.AnnounceRequest{InfoHash: hash, PeerID: id, Port: 6881, Left: 7, NumWant: -1}
	for _, row := range []struct {
		name   string
		change func(*httpproto.AnnounceRequest)
		want   string
	}{
		{"least", func(*httpproto.AnnounceRequest) {}, "&port=6881&uploaded=0&downloaded=0&left=7&compact=1"},
		{"most", func(r *httpproto.AnnounceRequest) {
			r.Uploaded, r.Downloaded, r.Event, r.NumWant, r.Expanded = 1, 2, bittorrent.Started, 0, true
			r.IP = netip.MustParseAddr("2001:db8::1")
		}, "&port=6881&uploaded=1&downloaded=2&left=7&compact=0&numwant=0&event=started&ip=2001%3Adb8%3A%3A1"},
		{"no zone and no mapping", func(r *httpproto.AnnounceRequest) {
			r.IP = netip.MustParseAddr("::ffff:192.0.2.1%eth0")
		}, "&port=6881&uploaded=0&downloaded=0&left=7&compact=1&ip=192.0.2.1"},
		{"no event that has no word", func(r *httpproto.AnnounceRequest) {
			r.Event = bittorrent.Events
		}, "&port=6881&uploaded=0&downloaded=0&left=7&compact=1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := base
			row.change(&r)
			if got, want := string(r.AppendQuery([]byte("?"))), "?"+head+row.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestScrapeQueryEscapesOnlyWhatItMust(t *testing.T) {
	got := string(httpproto.AppendScrapeQuery([]byte("?"), []bittorrent.InfoHash{
		bittorrent.InfoHash([]byte("AZaz09-._~ +&?=%/:\x00\xff")), hash,
	}))
	want := "?info_hash=AZaz09-._~%20%2B%26%3F%3D%25%2F%3A%00%FF&info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScrapeQueryReadsBack(t *testing.T) {
	want := []bittorrent.InfoHash{hash, {}, hash}
	got, err := httpproto.ParseScrape(nil, string(httpproto.AppendScrapeQuery(nil, want)))
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

// The standard library's encoder, in the way many clients use it, is a second opinion on escapes.
func TestQueriesOfTheStandardLibraryReadTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		want := httpproto.AnnounceRequest{
			Port: uint16(rng.IntN(65535) + 1), Uploaded: rng.Uint64(), Downloaded: rng.Uint64N(9), Left: rng.Uint64() >> rng.IntN(64),
			Event: bittorrent.Event(rng.IntN(bittorrent.Events)), NumWant: rng.Int32N(300), Expanded: rng.IntN(2) == 0,
			IP: netip.AddrFrom16([16]byte{0x20, byte(rng.Uint32()), 15: byte(rng.Uint32())}),
		}
		for i := range want.InfoHash {
			want.InfoHash[i], want.PeerID[i] = byte(rng.Uint32()), byte(rng.Uint32())
		}
		values := url.Values{
			"info_hash": {string(want.InfoHash[:])}, "peer_id": {string(want.PeerID[:])},
			"port": {fmt.Sprint(want.Port)}, "uploaded": {fmt.Sprint(want.Uploaded)},
			"downloaded": {fmt.Sprint(want.Downloaded)}, "left": {fmt.Sprint(want.Left)},
			"numwant": {fmt.Sprint(want.NumWant)}, "compact": {"1"}, "ip": {want.IP.String()},
		}
		if want.Event != bittorrent.None {
			values.Set("event", want.Event.String())
		}
		if want.Expanded {
			values.Set("compact", "0")
		}
		checkParse(t, strings.ReplaceAll(values.Encode(), "+", "%20"), want)
		checkParse(t, string(want.AppendQuery(nil)), want)
	}
}
