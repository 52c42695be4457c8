package httpproto_test

import (
	"math"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

const (
	hashQuery = "info_hash=%12%34Vx%9a%BC%de%f1%23Eg%89%ab%CD%ef%12%34Vx%9A"
	idQuery   = "peer_id=-TR4060-abcdefghijkl"
	query     = hashQuery + "&" + idQuery + "&port=6881"
)

var (
	hash = bittorrent.InfoHash{
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf1, 0x23, 0x45,
		0x67, 0x89, 0xab, 0xcd, 0xef, 0x12, 0x34, 0x56, 0x78, 0x9a,
	}
	id = bittorrent.PeerID([]byte("-TR4060-abcdefghijkl"))
)

// request is what query reads as, changed by each of changes.
func request(changes ...func(*httpproto.AnnounceRequest)) httpproto.AnnounceRequest {
	r := httpproto.AnnounceRequest{
		InfoHash: hash, PeerID: id, Port: 6881,
		Left: math.MaxUint64, NumWant: httpproto.DefaultNumWant,
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func checkParse(t *testing.T, query string, want httpproto.AnnounceRequest) {
	t.Helper()
	got := httpproto.AnnounceRequest{Port: 1, IP: netip.IPv4Unspecified(), UnknownEvent: true}
	if err := got.Parse(query); err != nil {
		t.Errorf("query %q: got error %q, want a request", query, err)
	} else if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("query %q: (-want +got)\n%s", query, diff)
	}
}

func TestAnnounceReadsEveryParameter(t *testing.T) {
	checkParse(t, "info_hash=%124Vx%9a%bc%de%f1%23Eg%89%ab%cd%ef%124Vx%9a&peer_id=-TR4060-abcdefghijkl"+
		"&port=51413&uploaded=1&downloaded=2&left=3&corrupt=0&key=0B4A5F6E&event=started&numwant=80"+
		"&compact=1&no_peer_id=1&supportcrypto=1&redundant=0&trackerid=x&ipv6=2001%3adb8%3A%3a1",
		httpproto.AnnounceRequest{
			InfoHash: hash, PeerID: id, Port: 51413, Uploaded: 1, Downloaded: 2, Left: 3,
			Event: bittorrent.Started, NumWant: 80, IP: netip.MustParseAddr("2001:db8::1"),
		})
}
