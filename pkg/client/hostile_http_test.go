package client_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

func TestHTTPStatusOtherThan200IsAnError(t *testing.T) {
	for code, text := range map[int]string{404: "HTTP status 404 Not Found", 503: "HTTP status 503 Service Unavailable", 299: "HTTP status 299"} {
		base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "d14:failure reason2:noe")
		})
		_, err := client.Announce(t.Context(), base+"/announce", announcement, client.Options{})
		if status, ok := errors.AsType[*client.StatusError](err); !ok || status.Code != code || !strings.HasSuffix(err.Error(), ": "+text) {
			t.Errorf("status %d: got error %v, want %s", code, err, text)
		}
	}
}

func TestHTTPBodiesAreBounded(t *testing.T) {
	const most = 1 << 20
	padded := func(size int) string { // what a reply may be followed by
		return "d8:completei1ee" + strings.Repeat("\n", size-len("d8:completei1ee"))
	}
	base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/fits/announce":
			_, _ = io.WriteString(w, padded(most))
		case "/long/announce":
			_, _ = io.WriteString(w, padded(most+1))
		case "/bomb/announce":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, padded(64*most))
			_ = z.Close()
		case "/endless/announce":
			for err := error(nil); err == nil; {
				_, err = io.WriteString(w, "i0e")
			}
		case "/cut/announce":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "d8:completei1ee")
		}
	})
	for path, want := range map[string]string{
		"/fits":    "",
		"/long":    "reply is longer than 1048576 bytes",
		"/bomb":    "reply is longer than 1048576 bytes",
		"/endless": "reply is longer than 1048576 bytes",
		"/cut":     "reply: unexpected EOF",
	} {
		_, err := client.Announce(t.Context(), base+path+"/announce", announcement, client.Options{})
		if (err == nil) != (want == "") || err != nil && !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: got error %v, want %q", path, err, want)
		}
	}
}

func TestHTTPRepliesOfAllShapesAreRead(t *testing.T) {
	for _, row := range []struct {
		name, body string
		want       client.Reply
	}{
		{"nothing", "de", client.Reply{}},
		{"list of dictionaries", "d5:peersld2:ip9:192.0.2.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eed2:ip9:192.0.2.24:porti80eed2:ip11:2001:db8::14:porti6881eeee", client.Reply{Peers: append(peers4[:2:2], peers6...)}},
		{"lists of both families", "d5:peersld2:ip9:192.0.2.14:porti6881eed2:ip9:192.0.2.24:porti80eee6:peers6ld2:ip11:2001:db8::14:porti6881eeee", client.Reply{Peers: append(peers4[:2:2], peers6...)}},
		{"host names are left out", "d5:peersld2:ip9:localhost4:porti1eed2:ip9:192.0.2.14:porti6881eeee", client.Reply{Peers: peers4[:1]}},
		{"empty lists", "d5:peersle6:peers6lee", client.Reply{}},
		{"mapped addresses", "d11:external ip16:\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x00\x00\x016:peers618:\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xc0\x00\x02\x01\x1a\xe1e", client.Reply{ExternalIP: v4Loopback, Peers: peers4[:1]}},
		{"external ip of another length", "d11:external ip9:127.0.0.1e", client.Reply{}},
		{"warning", "d15:warning message4:\xffold8:intervali60ee", client.Reply{Warning: "\xffold", Interval: time.Minute}},
		{"unsorted keys", "d8:intervali60e8:completei1ee", client.Reply{Seeders: 1, Interval: time.Minute}},
		{"unknown keys", "d10:tracker id1:x8:completei1e1:zd1:al1:beee", client.Reply{Seeders: 1}},
		{"numbers below zero", "d8:completei-1e10:incompletei-1e8:intervali-1e12:min intervali-1ee", client.Reply{}},
		{"numbers beyond", "d8:completei4294967296e10:incompletei9223372036854775807e8:intervali9223372036854775807ee", client.Reply{Seeders: 1<<32 - 1, Leechers: 1<<32 - 1, Interval: 9223372036 * time.Second}},
		{"line feed behind", "d8:completei1ee\r\n", client.Reply{Seeders: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := client.DecodeAnnounce([]byte(row.body))
			if diff := cmp.Diff(row.want, got, compareAddrs, cmp.Comparer(sameAddr)); err != nil || diff != "" {
				t.Errorf("%q: %v (-want +got)\n%s", row.body, err, diff)
			}
		})
	}
}

func TestHTTPMalformedRepliesAreErrors(t *testing.T) {
	for _, body := range []string{
		"", "<html>", "d", "de"[:1], "i1e", "le", "0:", "d8:complete", "d8:completei1e", "d8:completei1", "d8:complete1:1e",
		"d8:completei99999999999999999999ee", "d5:peersi1ee", "d5:peers5:abcdee", "d5:peers7:abcdefge", "d6:peers617:aaaaaaaaaaaaaaaaae",
		"d5:peersl6:abcdefee", "d5:peersld2:ip9:192.0.2.14:porti65536eeee", "d5:peersdee", "d14:failure reasoni1ee",
		"d5:peers999999999999:abce", "d5:peers-1:e", "di1ei2ee", strings.Repeat("l", 1<<16), strings.Repeat("d1:a", 1<<16),
	} {
		if got, err := client.DecodeAnnounce([]byte(body)); err == nil || len(err.Error()) > 300 {
			t.Errorf("%.40q: got %+v, error %.500v, want a short error", body, got, err)
		}
	}
	for _, body := range []string{"", "<html>", "d5:filesi1ee", "d5:filesd20:aaaaaaaaaaaaaaaaaaaai1eee", "d5:filesde", "le"} {
		if got, err := client.DecodeScrape([]bittorrent.InfoHash{hash}, []byte(body)); err == nil {
			t.Errorf("%q: got %+v, want an error", body, got)
		}
	}
}

func TestDecodingErrorsAreFitForATerminal(t *testing.T) {
	_, err := client.DecodeAnnounce([]byte("d1:ad6:\x1b[31m\xffee"))
	if err == nil || !strings.Contains(err.Error(), "?[31m") {
		t.Errorf("got error %q, want one with ?[31m in it", err)
	}
	for _, r := range err.Error() {
		if !unicode.IsPrint(r) {
			t.Errorf("got error %q, want printable text", err)
		}
	}
}
