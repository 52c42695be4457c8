package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

const hashText = "123456789abcdef123456789abcdef123456789a"

// parseInto reads a command line into cmd, and returns what --help prints if that is asked for.
func parseInto(t *testing.T, cmd any, args ...string) (help string, err error) {
	t.Helper()
	var out bytes.Buffer
	parser, err := kong.New(cmd, kong.Name("starling"), kong.Writers(&out, &out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return out.String(), err
}

// announcesTo starts a tracker that gives everybody the same reply, and hands over the announces.
func announcesTo(t *testing.T, reply httpproto.AnnounceReply) (url string, announces <-chan httpproto.AnnounceRequest) {
	t.Helper()
	requests := make(chan httpproto.AnnounceRequest, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var r httpproto.AnnounceRequest
		if err := r.Parse(req.URL.RawQuery); err != nil {
			t.Errorf("query %q: %v", req.URL.RawQuery, err)
		}
		requests <- r
		_, _ = w.Write(reply.Append(nil))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/announce", requests
}

var fullReply = httpproto.AnnounceReply{
	Complete: 1, Incomplete: 23, ExternalIP: netip.MustParseAddr("203.0.113.9"), Interval: 1800, MinInterval: 900,
	Peers:  []byte("\xc0\x00\x02\x01\x1a\xe1"),
	Peers6: []byte("\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"),
}

func TestAnnouncePrintsTheReply(t *testing.T) {
	for _, row := range []struct {
		name  string
		args  []string
		reply httpproto.AnnounceReply
		want  string
	}{
		{"all", nil, fullReply, "" +
			"seeders       1\n" +
			"leechers      23\n" +
			"interval      30m0s\n" +
			"min interval  15m0s\n" +
			"external ip   203.0.113.9\n" +
			"peer          192.0.2.1:6881\n" +
			"peer          [2001:db8::1]:80\n"},
		{"least", nil, httpproto.AnnounceReply{Interval: 60}, "" +
			"seeders   0\n" +
			"leechers  0\n" +
			"interval  1m0s\n"},
		{"all in JSON", []string{"--json"}, fullReply, `{"info_hash":"` + hashText + `","seeders":1,"leechers":23,"interval":1800,` +
			`"min_interval":900,"external_ip":"203.0.113.9","peers":["192.0.2.1:6881","[2001:db8::1]:80"]}` + "\n"},
		{"least in JSON", []string{"--json"}, httpproto.AnnounceReply{Interval: 60}, `{"info_hash":"` + hashText +
			`","seeders":0,"leechers":0,"interval":60,"peers":[]}` + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			url, _ := announcesTo(t, row.reply)
			var cmd announceCmd
			if _, err := parseInto(t, &cmd, append([]string{url, hashText}, row.args...)...); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := cmd.Run(t.Context(), &out); err != nil || out.String() != row.want {
				t.Errorf("got error %v and\n%swant\n%s", err, out.String(), row.want)
			}
		})
	}
}

func TestAnnouncePrintsAWarningQuoted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("d8:intervali60e15:warning message6:\x1b[1mhie"))
	}))
	defer server.Close()
	cmd := announceCmd{URL: server.URL, probe: probe{Network: "any", Timeout: time.Minute}}
	var out bytes.Buffer
	if err := cmd.Run(t.Context(), &out); err != nil || !strings.Contains(out.String(), `warning   "\x1b[1mhi"`) {
		t.Errorf("got error %v and\n%swant the warning quoted", err, out.String())
	}
}

func TestAnnounceSaysWhatItsFlagsSay(t *testing.T) {
	for _, row := range []struct {
		args []string
		want httpproto.AnnounceRequest
	}{
		{nil, httpproto.AnnounceRequest{Port: 6881, Left: 1, NumWant: -1}},
		{
			[]string{"--port=80", "--left=0", "--event=completed", "--numwant=7", "--network=4"},
			httpproto.AnnounceRequest{Port: 80, Event: bittorrent.Completed, NumWant: 7},
		},
		{[]string{"--event=stopped", "--numwant=0"}, httpproto.AnnounceRequest{Port: 6881, Left: 1, Event: bittorrent.Stopped}},
		{[]string{"--event=paused", "--numwant=-5"}, httpproto.AnnounceRequest{Port: 6881, Left: 1, Event: bittorrent.Paused, NumWant: -1}},
	} {
		url, announces := announcesTo(t, fullReply)
		var cmd announceCmd
		if _, err := parseInto(t, &cmd, append([]string{url, hashText}, row.args...)...); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Run(t.Context(), new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
		got := <-announces
		if !regexp.MustCompile(`^-SG0001-[0-9A-Z]{12}$`).Match(got.PeerID[:]) {
			t.Errorf("got peer ID %q, want -SG0001- and 12 random letters and digits", got.PeerID[:])
		}
		row.want.InfoHash, _ = bittorrent.ParseInfoHash(hashText)
		got.PeerID = bittorrent.PeerID{}
		if got != row.want {
			t.Errorf("%q: got %+v, want %+v", row.args, got, row.want)
		}
	}
}

func TestAnnouncePeerIDIsTextOrHexadecimal(t *testing.T) {
	for text, want := range map[string]string{
		"-XX0001-abcdefghijkl":                     "-XX0001-abcdefghijkl",
		"00ff02030405060708090a0b0c0d0e0f10111213": "\x00\xff\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13",
		"short": "",
		"zzff02030405060708090a0b0c0d0e0f10111213": "",
	} {
		var cmd announceCmd
		_, err := parseInto(t, &cmd, "udp://127.0.0.1:1", hashText, "--peer-id="+text)
		if want == "" && err == nil || want != "" && string(cmd.PeerID[:]) != want {
			t.Errorf("--peer-id=%s: got %q, %v, want %q", text, cmd.PeerID[:], err, want)
		}
	}
}

func TestProbesOverUDPTryThreeTimesWithinTheTimeout(t *testing.T) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cmd := announceCmd{URL: "udp://" + conn.LocalAddr().String(), probe: probe{Network: "any", Timeout: 70 * time.Millisecond}}
	if err := cmd.Run(t.Context(), new(bytes.Buffer)); err == nil {
		t.Error("got a reply of a silent tracker, want an error")
	}
	if opts := cmd.options(); opts.Tries != 3 || opts.RetryAfter*7 != opts.Timeout || opts.Timeout != cmd.Timeout {
		t.Errorf("got %+v, want three tries of 1, 2 and 4 sevenths of the timeout", opts)
	}
	packet := make([]byte, 100)
	if n, err := conn.Read(packet); err != nil || n != udpproto.ConnectRequestLen {
		t.Errorf("got a packet of %d bytes, %v, want a connect request", n, err)
	}
}

func TestAnnounceHelpWarnsOfMembership(t *testing.T) {
	help, _ := parseInto(t, new(announceCmd), "--help")
	flat := strings.Join(strings.Fields(help), " ")
	for _, want := range []string{"<URL> <INFOHASH>", "with the same --port and --event=stopped", "takes the announce for that of a real peer", "min_interval"} {
		if !strings.Contains(flat, want) {
			t.Errorf("got help\n%swant %q in it", help, want)
		}
	}
}

func TestAnnounceRefusesABadCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"udp://127.0.0.1:1"},
		{"udp://127.0.0.1:1", "12"},
		{"udp://127.0.0.1:1", hashText, "--port=65536"},
		{"udp://127.0.0.1:1", hashText, "--event=resumed"},
		{"udp://127.0.0.1:1", hashText, "--network=5"},
		{"udp://127.0.0.1:1", hashText, "--left=-1"},
		{"udp://127.0.0.1:1", hashText, "extra"},
	} {
		if _, err := parseInto(t, new(announceCmd), args...); err == nil {
			t.Errorf("%q: got no error, want one", args)
		}
	}
}
