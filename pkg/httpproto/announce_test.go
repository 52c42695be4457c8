package httpproto_test

import (
	"math"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// Rows of the table of cases in which a query is accepted.
func TestAnnounceAccepts(t *testing.T) {
	type change = func(*httpproto.AnnounceRequest)
	same := func(*httpproto.AnnounceRequest) {}
	left := func(n uint64) change { return func(r *httpproto.AnnounceRequest) { r.Left = n } }
	numWant := func(n int32) change { return func(r *httpproto.AnnounceRequest) { r.NumWant = n } }
	port := func(n uint16) change { return func(r *httpproto.AnnounceRequest) { r.Port = n } }
	event := func(e bittorrent.Event) change { return func(r *httpproto.AnnounceRequest) { r.Event = e } }
	stopped := func(n uint16) change {
		return func(r *httpproto.AnnounceRequest) { r.Port, r.Event = n, bittorrent.Stopped }
	}
	unknown := func(r *httpproto.AnnounceRequest) { r.UnknownEvent = true }
	expanded := func(r *httpproto.AnnounceRequest) { r.Expanded = true }
	hash := func(h string) change {
		return func(r *httpproto.AnnounceRequest) { r.InfoHash = bittorrent.InfoHash([]byte(h)) }
	}
	traffic := func(up, down uint64) change {
		return func(r *httpproto.AnnounceRequest) { r.Uploaded, r.Downloaded = up, down }
	}
	const largest = math.MaxUint64

	for _, row := range []struct {
		name, query string
		want        change
	}{
		{"only what is needed", query, same},
		{"info_hash of 32 raw bytes is truncated", "info_hash=abcdefghijklmnopqrst%00bcdefghijkl&" + idQuery + "&port=6881", hash("abcdefghijklmnopqrst")},
		{"plus in a hash stays a plus", "info_hash=a+c+e+g+i+k+m+o+q+s+&" + idQuery + "&port=6881", hash("a+c+e+g+i+k+m+o+q+s+")},
		{"space in a hash is %20", "info_hash=a%20c%20e+g+i+k+m+o+q+s+&" + idQuery + "&port=6881", hash("a c e+g+i+k+m+o+q+s+")},
		{"raw bytes from 0x80 up", "info_hash=\x80\xff\xc3\x28ghijklmnopqrstuv&" + idQuery + "&port=6881", hash("\x80\xff\xc3\x28ghijklmnopqrstuv")},
		{"escapes of either case", "info_hash=%aA%Aa%AA%aaghijklmnopqrstuv&" + idQuery + "&port=6881", hash("\xaa\xaa\xaa\xaaghijklmnopqrstuv")},
		{"equals sign inside a value", "info_hash=a=c=e=g=i=k=m=o=q=s=&" + idQuery + "&port=6881", hash("a=c=e=g=i=k=m=o=q=s=")},
		{"broken escape in an unused parameter", query + "&key=%zz&trackerid=%&%=%", same},
		{"empty parameters", "&&" + query + "&&=&=x&left", same},
		{"names are case-sensitive and literal", query + "&Left=0&l%65ft=0&left%20=0", same},

		{"the first port wins", query + "&port=1", same},
		{"the first peer_id wins", query + "&peer_id=short", same},
		{"the first left wins", query + "&left=7&left=0", left(7)},
		{"the first left wins though it is no number", query + "&left=x&left=0", left(largest)},
		{"the first numwant wins", query + "&numwant=7&numwant=9", numWant(7)},
		{"the first numwant wins though it is no number", query + "&numwant=&numwant=9", numWant(-1)},
		{"the first event wins", query + "&event=&event=stopped", same},
		{"the first compact wins", query + "&compact=1&compact=0", same},
		{"the first uploaded and downloaded win", query + "&uploaded=1&downloaded=2&uploaded=3&downloaded=4", traffic(1, 2)},

		{"second question mark is an ampersand", "passkey=secret?" + query + "?left=0", left(0)},
		{"question mark first", "?" + query, same},

		{"numwant negative", query + "&numwant=-1", numWant(-1)},
		{"numwant very negative", query + "&numwant=-99999999999999999999", numWant(-1)},
		{"numwant not a number", query + "&numwant=all", numWant(-1)},
		{"numwant empty", query + "&numwant=", numWant(-1)},
		{"numwant 0", query + "&numwant=0", numWant(0)},
		{"numwant huge", query + "&numwant=2147483648", numWant(math.MaxInt32)},
		{"numwant beyond 64 bits", query + "&numwant=18446744073709551617", numWant(math.MaxInt32)},

		{"left 0 is a seeder", query + "&left=0", left(0)},
		{"left escaped", query + "&left=%31%30", left(10)},
		{"left with zeros in front", query + "&left=0007", left(7)},
		{"left missing", query, left(largest)},
		{"left empty", query + "&left=", left(largest)},
		{"left without a value", query + "&left", left(largest)},
		{"left negative", query + "&left=-1", left(largest)},
		{"left minus zero", query + "&left=-0", left(largest)},
		{"left with a plus", query + "&left=+0", left(largest)},
		{"left not a number", query + "&left=0x0", left(largest)},
		{"left a fraction", query + "&left=0.0", left(largest)},
		{"left with a broken escape", query + "&left=0%3", left(largest)},
		{"left with an escape of no byte", query + "&left=%3g", left(largest)},
		{"left 4294967296", query + "&left=4294967296", left(1 << 32)},
		{"left the largest number", query + "&left=18446744073709551615", left(largest)},
		{"left one beyond", query + "&left=18446744073709551616", left(largest)},
		{"left far beyond", query + "&left=" + strings.Repeat("184467440737095516160", 9), left(largest)},
		{"left beyond with a letter", query + "&left=99999999999999999999x", left(largest)},

		{"uploaded and downloaded", query + "&uploaded=5&downloaded=6", traffic(5, 6)},
		{"uploaded and downloaded negative", query + "&uploaded=-5&downloaded=-6", traffic(0, 0)},
		{"uploaded and downloaded not numbers", query + "&uploaded=5k&downloaded=", traffic(0, 0)},
		{"uploaded and downloaded huge", query + "&uploaded=99999999999999999999&downloaded=18446744073709551615", traffic(largest, largest)},

		{"port 65535", hashQuery + "&" + idQuery + "&port=65535", port(65535)},
		{"port escaped", hashQuery + "&" + idQuery + "&port=%38%30", port(80)},
		{"port missing when stopped", hashQuery + "&" + idQuery + "&event=stopped", stopped(0)},
		{"port 0 when stopped", "event=stopped&" + hashQuery + "&" + idQuery + "&port=0", stopped(0)},
		{"port too large when stopped", hashQuery + "&" + idQuery + "&port=65536&event=stopped", stopped(0)},
		{"port kept when stopped", query + "&event=stopped", stopped(6881)},

		{"event empty", query + "&event=", same},
		{"event without a value", query + "&event", same},
		{"event the word empty", query + "&event=empty", same},
		{"event started", query + "&event=started", event(bittorrent.Started)},
		{"event stopped", query + "&event=stopped", event(bittorrent.Stopped)},
		{"event completed", query + "&event=completed", event(bittorrent.Completed)},
		{"event paused", query + "&event=paused", event(bittorrent.Paused)},
		{"event in any case", query + "&event=StopPED", event(bittorrent.Stopped)},
		{"event escaped", query + "&event=%73TARTED", event(bittorrent.Started)},
		{"event unknown", query + "&event=update", unknown},
		{"event unknown and long", query + "&event=completedd", unknown},
		{"event with a broken escape", query + "&event=started%", unknown},

		{"compact 1", query + "&compact=1", same},
		{"compact 0", query + "&compact=0", expanded},
		{"compact escaped 0", query + "&compact=%30", expanded},
		{"compact empty", query + "&compact=", same},
		{"compact not a number", query + "&compact=no", same},
		{"no_peer_id changes nothing", query + "&compact=0&no_peer_id=1", expanded},
	} {
		t.Run(row.name, func(t *testing.T) { checkParse(t, row.query, request(row.want)) })
	}
}
