package httptracker_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"
)

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func TestAReplyByteForByte(t *testing.T) {
	l := start(t, nil)
	l.announce("1.2.3.4", "port=6881")
	l.announce(bob, "port=1&left=0&event=started")
	l.announce(bob, "port=1&event=stopped")
	r := l.getFrom(alice, base+"&port=6881&left=0")
	const want = "d8:completei1e11:external ip4:\xcb\x00\x71\x0910:incompletei1e8:intervali1800e12:min intervali900e" +
		"5:peers6:\x01\x02\x03\x04\x1a\xe1e"
	if r.body != want {
		t.Errorf("got the body %q, want %q", r.body, want)
	}
	for key, value := range map[string]string{
		"Content-Type": "text/plain", "Content-Length": strconv.Itoa(len(want)), "Cache-Control": "no-store",
	} {
		if got := r.Header.Get(key); got != value {
			t.Errorf("%s: got %q, want %q", key, got, value)
		}
	}
	if len(r.TransferEncoding) != 0 || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("got transfer encoding %v, content encoding %q, want neither", r.TransferEncoding, r.Header)
	}
}

func TestPeersIsAlwaysThere(t *testing.T) {
	l := start(t, nil)
	if got := l.getFrom(alice, base+"&port=6881").body; !strings.HasSuffix(got, "5:peers0:e") {
		t.Errorf("alone, on IPv4: got %q, want an empty peers and no peers6", got)
	}
	l.announce(alice, "port=6881&event=stopped")
	got := l.getFrom(carol, base+"&port=6881").body
	if !strings.HasSuffix(got, "5:peers0:6:peers60:e") || !strings.Contains(got, "11:external ip16: \x01\x0d\xb8") {
		t.Errorf("alone, on IPv6: got %q, want an empty peers and peers6, and 16 bytes of external ip", got)
	}
}

func TestBothFamiliesAreTold(t *testing.T) {
	l := start(t, nil)
	l.announce(bob, "port=6881")
	l.announce(carol, "port=6882")
	got := l.announce(alice, "port=1")
	if !slices.Equal(got.compact(), []string{bob + ":6881"}) || !slices.Equal(got.compact6(), []string{"[" + carol + "]:6882"}) {
		t.Errorf("got %v and %v, want one of each family", got.compact(), got.compact6())
	}
	for n := range 90 {
		l.announce(fmt.Sprintf("192.0.2.%d", n+1), "port=1")
		l.announce(fmt.Sprintf("2001:db8::1:%x", n+1), "port=1")
	}
	for _, tt := range []struct{ caller, own string }{{alice, "IPv4"}, {carol, "IPv6"}} {
		got := l.announce(tt.caller, "port=1&numwant=40")
		own, other := len(got.compact()), len(got.compact6())
		if tt.own == "IPv6" {
			own, other = other, own
		}
		if own+other != 40 || own < 30 {
			t.Errorf("%s: got %d peers of its own family and %d others, want 40 in all, 30 of its own", tt.own, own, other)
		}
	}
}

func TestCompact0GivesDictionariesWithoutPeerIDs(t *testing.T) {
	l := start(t, nil)
	l.announce(bob, "port=6881")
	l.announce(carol, "port=6882")
	for _, noPeerID := range []string{"", "&no_peer_id=0", "&no_peer_id=1"} {
		got := l.announce(alice, "port=1&compact=0"+noPeerID)
		var peers []map[string]any
		if err := bencode.Unmarshal(got.Peers, &peers); err != nil {
			t.Fatalf("peers %q: %v", got.Peers, err)
		}
		var addrs []string
		for _, p := range peers {
			if len(p) != 2 {
				t.Errorf("got the peer %v, want the keys ip and port alone", p)
			}
			addrs = append(addrs, fmt.Sprintf("%v %v", p["ip"], p["port"]))
		}
		slices.Sort(addrs)
		if want := []string{bob + " 6881", carol + " 6882"}; !slices.Equal(addrs, want) || got.Peers6 != nil {
			t.Errorf("got the peers %v, peers6 %v, want %v and no peers6", addrs, got.Peers6, want)
		}
	}
	for _, compact := range []string{"", "&compact=1", "&compact=yes"} {
		if got := l.announce(alice, "port=1"+compact).compact(); !slices.Equal(got, []string{bob + ":6881"}) {
			t.Errorf("%q: got %v, want a compact list", compact, got)
		}
	}
}

func TestAnEarlyAnnounceIsAnsweredLikeAny(t *testing.T) {
	l := start(t, nil)
	l.announce(bob, "port=6881")
	first := l.announce(alice, "port=1")
	again := l.announce(alice, "port=1")
	if first.Interval != again.Interval || !slices.Equal(first.compact(), again.compact()) {
		t.Errorf("got %+v, then %+v, want the same", first, again)
	}
}

func TestCompressionIsForLongBodiesOfThoseWhoAsk(t *testing.T) {
	l := start(t, nil)
	for n := range 200 {
		l.announce(fmt.Sprintf("198.51.100.%d", n+1), "port=6881&numwant=0")
	}
	get := func(query, accept string) reply {
		return l.send("GET " + base + "&port=1" + query + " HTTP/1.1\r\nHost: t\r\nAccept-Encoding: " + accept + "\r\n\r\n")
	}
	plain := get("&numwant=200", "identity")
	rows := map[string]struct {
		query, accept string
		gzip          bool
	}{
		"long, asked":              {"&numwant=200", "gzip", true},
		"long, asked among others": {"&numwant=200", "deflate, GZIP;q=0.5, br", true},
		"long, refused":            {"&numwant=200", "gzip;q=0", false},
		"long, refused in digits":  {"&numwant=200", "gzip; q=0.000", false},
		"long, not asked":          {"&numwant=200", "", false},
		"long, other codings":      {"&numwant=200", "br, x-gzip", false},
		"short, asked":             {"", "gzip", false},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			r := get(row.query, row.accept)
			if got := r.Header.Get("Content-Encoding") == "gzip"; got != row.gzip {
				t.Fatalf("got compressed %v, want %v", got, row.gzip)
			}
			if r.Header.Get("Content-Length") != strconv.Itoa(len(r.body)) {
				t.Errorf("got length %s for %d bytes", r.Header.Get("Content-Length"), len(r.body))
			}
			if row.gzip {
				z, err := gzip.NewReader(strings.NewReader(r.body))
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(z)
				if err != nil || len(body) != len(plain.body) {
					t.Errorf("got %d bytes, error %v, want %d as without compression", len(body), err, len(plain.body))
				}
			}
		})
	}
}
