package httpproto_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

func FuzzAnnounceQuery(f *testing.F) {
	f.Fuzz(func(t *testing.T, query string) {
		var r httpproto.AnnounceRequest
		if err := r.Parse(query); err != nil {
			if _, ok := errors.AsType[*httpproto.ParamError](err); !ok {
				t.Fatalf("query %q: got error %T, want *ParamError", query, err)
			}
			return
		}
		values := split(query)
		if len(values["info_hash"]) != 1 || len(values["peer_id"]) == 0 {
			t.Errorf("query %q: accepted without exactly one info_hash and a peer_id", query)
		}
		if r.Port == 0 && r.Event != bittorrent.Stopped {
			t.Errorf("query %q: accepted without a port", query)
		}
		if r.UnknownEvent && r.Event != bittorrent.None || r.NumWant < httpproto.DefaultNumWant {
			t.Errorf("query %q: got %+v", query, r)
		}
		if r.IP.Is4In6() || r.IP.Zone() != "" {
			t.Errorf("query %q: got address %v, want it unmapped and without a zone", query, r.IP)
		}
		if got, want := r.Left == 0, saysSeeder(values["left"]); got != want {
			t.Errorf("query %q: got seeder %v, want %v", query, got, want)
		}
		again := httpproto.AnnounceRequest{}
		r.UnknownEvent = false
		if err := again.Parse(string(r.AppendQuery(nil))); err != nil || again != r {
			t.Errorf("query %q: %+v read back as %+v, %v", query, r, again, err)
		}
	})
}

// split is the slow and plain way to take a query apart.
func split(query string) map[string][]string {
	values := map[string][]string{}
	for param := range strings.SplitSeq(strings.ReplaceAll(query, "?", "&"), "&") {
		name, value, _ := strings.Cut(param, "=")
		values[name] = append(values[name], value)
	}
	return values
}

func saysSeeder(left []string) bool {
	if len(left) == 0 {
		return false
	}
	text, err := url.PathUnescape(left[0])
	return err == nil && text != "" && strings.Trim(text, "0") == ""
}

func FuzzAddress(f *testing.F) {
	for _, text := range literals {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		escaped := url.PathEscape(strings.ReplaceAll(text, "&", ""))
		text, _ = url.PathUnescape(escaped)
		got, want := parseIP(t, "&ip="+escaped), asNetip(text)
		if !want.IsValid() && got.IsValid() { // then it must be an address with a port, or brackets
			want = asNetip(text[:max(0, strings.LastIndexByte(text, ':'))])
			if host, port, ok := strings.Cut(strings.TrimPrefix(text, "["), "]"); ok && text[0] == '[' && strings.TrimLeft(port, ":0123456789") == "" {
				want = asNetip(host)
			}
		}
		if got != want && len(text) <= 64 {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	})
}

func FuzzScrapeQuery(f *testing.F) {
	f.Fuzz(func(t *testing.T, query string) {
		hashes, err := httpproto.ParseScrape(nil, query)
		if err != nil {
			if _, ok := errors.AsType[*httpproto.ParamError](err); !ok || len(hashes) != 0 {
				t.Errorf("query %q: got %d hashes and error %T, want none and *ParamError", query, len(hashes), err)
			}
			return
		}
		if got, want := len(hashes), min(len(split(query)["info_hash"]), httpproto.MaxScrapeHashes); got != want {
			t.Errorf("query %q: got %d hashes, want %d", query, got, want)
		}
	})
}

func FuzzAnnounceReply(f *testing.F) {
	f.Fuzz(func(t *testing.T, complete, incomplete, interval, least uint32, ip, peers, peers6 []byte) {
		r := &httpproto.AnnounceReply{
			Complete: complete, Incomplete: incomplete, Interval: interval, MinInterval: least,
			Peers: peers[:len(peers)/6*6], Peers6: peers6[:len(peers6)/18*18],
		}
		r.ExternalIP, _ = netip.AddrFromSlice(ip)
		for expanded, body := range map[bool][]byte{false: r.Append(nil), true: r.AppendExpanded(nil)} {
			var dict map[string]any
			if err := bencode.Unmarshal(body, &dict); err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			if want := marshal(r, expanded); string(body) != string(want) {
				t.Errorf("got %q, want %q", body, want)
			}
		}
	})
}

func FuzzFailure(f *testing.F) {
	f.Fuzz(func(t *testing.T, reason string, interval, least, retry uint32) {
		body := httpproto.Failure{Reason: reason, Interval: interval, MinInterval: least, RetryIn: retry}.Append(nil)
		var dict struct {
			Reason string `bencode:"failure reason"`
		}
		if err := bencode.Unmarshal(body, &dict); err != nil || dict.Reason != reason {
			t.Errorf("%q: got reason %q, %v, want %q", body, dict.Reason, err, reason)
		}
	})
}

func FuzzQueryRoundTrip(f *testing.F) {
	f.Fuzz(func(t *testing.T, hash, id, ip []byte, port uint16, up, down, left uint64, event uint8, numWant int32, expanded bool) {
		want := httpproto.AnnounceRequest{
			Port: max(port, 1), Uploaded: up, Downloaded: down, Left: left, Event: bittorrent.Event(event % bittorrent.Events),
			NumWant: max(numWant, httpproto.DefaultNumWant), Expanded: expanded,
		}
		copy(want.InfoHash[:], hash)
		copy(want.PeerID[:], id)
		addr, _ := netip.AddrFromSlice(ip)
		want.IP = addr.Unmap()
		checkParse(t, string(want.AppendQuery(nil)), want)
		hashes := []bittorrent.InfoHash{want.InfoHash, {}}
		if got, err := httpproto.ParseScrape(nil, string(httpproto.AppendScrapeQuery(nil, hashes))); err != nil || len(got) != 2 || got[0] != hashes[0] {
			t.Errorf("got %v, %v, want %v", got, err, hashes)
		}
	})
}
