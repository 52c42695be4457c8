package httpproto_test

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/httpproto"
)

// golden are replies whose bytes were written by hand, one file each in testdata.
var golden = map[string]interface{ Append([]byte) []byte }{
	"announce-dual-stack": &httpproto.AnnounceReply{
		Complete: 1, Incomplete: 2, ExternalIP: netip.MustParseAddr("203.0.113.9"),
		Interval: 1800, MinInterval: 900, Peers: []byte("\x01\x02\x03\x04\x1a\xe1"), Peers6: []byte{},
	},
	"announce-ipv4-only": &httpproto.AnnounceReply{
		Incomplete: 1<<32 - 1, Interval: 1, Peers: []byte("\x01\x02\x03\x04\x1a\xe1\xff\xff\xff\xff\xff\xff"),
	},
	"announce-ipv6": &httpproto.AnnounceReply{
		Complete: 10, Incomplete: 3, ExternalIP: netip.MustParseAddr("2001:db8::1"),
		Interval: 1800, MinInterval: 900, Peers6: compact6("[2001:db8::2]:80"),
	},
	"announce-stopped": &httpproto.AnnounceReply{Complete: 1, Interval: 1800, MinInterval: 900},
	"announce-expanded": expanded{&httpproto.AnnounceReply{
		Complete: 1, Incomplete: 2, ExternalIP: netip.MustParseAddr("::ffff:203.0.113.9"),
		Interval: 1800, MinInterval: 900,
		Peers: []byte("\x01\x02\x03\x04\x1a\xe1"), Peers6: compact6("[2001:db8::2]:80"),
	}},
	"announce-expanded-empty": expanded{&httpproto.AnnounceReply{
		Incomplete: 1, Interval: 1800, MinInterval: 900, Peers6: []byte{},
	}},
	"failure-retry": httpproto.Failure{
		Reason: "info_hash: missing", Interval: 1800, MinInterval: 900, RetryIn: 30,
	},
	"failure-never": httpproto.Failure{Reason: "torrent not allowed", Interval: 86400, MinInterval: 86400},
}

type expanded struct{ *httpproto.AnnounceReply }

func (e expanded) Append(dst []byte) []byte { return e.AppendExpanded(dst) }

func compact6(addr string) []byte {
	p := netip.MustParseAddrPort(addr)
	return append(p.Addr().AsSlice(), byte(p.Port()>>8), byte(p.Port()))
}

func TestRepliesAreGolden(t *testing.T) {
	for name, reply := range golden {
		t.Run(name, func(t *testing.T) { checkGolden(t, name, reply.Append([]byte("kept"))) })
	}
}

// checkGolden compares what was appended to the text "kept" with a file in testdata.
func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if want := "kept" + string(want); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// marshal is the oracle: what a bencode library makes of a reply, its keys sorted by the library.
func marshal(r *httpproto.AnnounceReply, expanded bool) []byte {
	dict := map[string]any{
		"complete": r.Complete, "incomplete": r.Incomplete,
		"interval": r.Interval, "min interval": r.MinInterval,
	}
	if r.ExternalIP.IsValid() {
		dict["external ip"] = r.ExternalIP.Unmap().AsSlice()
	}
	if expanded {
		dict["peers"] = append(dictPeers(r.Peers, 4), dictPeers(r.Peers6, 16)...)
		return bencode.MustMarshal(dict)
	}
	dict["peers"] = r.Peers
	if r.Peers6 != nil {
		dict["peers6"] = r.Peers6
	}
	return bencode.MustMarshal(dict)
}

func dictPeers(compact []byte, ipLen int) []any {
	var list []any
	for ; len(compact) > 0; compact = compact[ipLen+2:] {
		ip, _ := netip.AddrFromSlice(compact[:ipLen])
		list = append(list, map[string]any{
			"ip": ip.String(), "port": int(compact[ipLen])<<8 | int(compact[ipLen+1]),
		})
	}
	return list
}

func TestRandomRepliesAreWhatALibraryWrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	number := func() uint32 { return rng.Uint32() >> rng.IntN(32) }
	octets := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	for range 2000 {
		r := &httpproto.AnnounceReply{
			Complete: number(), Incomplete: number(), Interval: number(), MinInterval: number(),
			Peers: octets(6 * rng.IntN(60)),
		}
		if rng.IntN(2) == 0 {
			r.Peers6 = octets(18 * rng.IntN(20))
		}
		r.ExternalIP, _ = netip.AddrFromSlice(octets([]int{0, 4, 16}[rng.IntN(3)]))
		if got, want := string(r.Append(nil)), string(marshal(r, false)); got != want {
			t.Fatalf("%+v: got %q, want %q", r, got, want)
		}
		if got, want := string(r.AppendExpanded(nil)), string(marshal(r, true)); got != want {
			t.Fatalf("%+v expanded: got %q, want %q", r, got, want)
		}
		f := httpproto.Failure{
			Reason: string(octets(rng.IntN(40))), Interval: number(), MinInterval: number(), RetryIn: number() >> 8,
		}
		dict := map[string]any{
			"failure reason": f.Reason, "interval": f.Interval, "min interval": f.MinInterval, "retry in": f.RetryIn,
		}
		if f.RetryIn == 0 {
			dict["retry in"] = "never"
		}
		if got, want := string(f.Append(nil)), string(bencode.MustMarshal(dict)); got != want {
			t.Fatalf("%+v: got %q, want %q", f, got, want)
		}
	}
}
