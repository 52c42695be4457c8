package httptracker_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/anacrolix/torrent/bencode"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/httptracker"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A live frontend serves on both loopback addresses, over a real tracker and store. Connections
// come from a trusted proxy, so that a test may call from any address.
type live struct {
	t        *testing.T
	frontend *httptracker.Frontend
	store    *memstore.Store
	reg      *prometheus.Registry
	addr     string // IPv4
	addr6    string
}

// start serves until the test is over, with options that change may change.
func start(t *testing.T, change func(*httptracker.Options)) *live {
	t.Helper()
	reg := prometheus.NewRegistry()
	service, store := newTracker(reg)
	l := startWith(t, service, reg, change)
	l.store = store
	return l
}

func newTracker(reg *prometheus.Registry) (*tracker.Tracker, *memstore.Store) {
	store := memstore.New(reg, memstore.Options{PeerLifetime: time.Hour})
	return tracker.New(store, reg, tracker.Options{
		Interval: 30 * time.Minute, MinInterval: 15 * time.Minute, NumWant: 50, MaxNumWant: 200,
	}), store
}

func startWith(
	t *testing.T, service httptracker.Tracker, reg *prometheus.Registry, change func(*httptracker.Options),
) *live {
	t.Helper()
	opts := httptracker.Options{
		Listen:      []string{"127.0.0.1:0", "[::1]:0"},
		IdleTimeout: time.Minute, MinScrapeInterval: 15 * time.Minute, ShutdownTimeout: 5 * time.Second,
		ClientIP: clientip.Options{
			TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")},
			Header:         "X-Forwarded-For",
		},
	}
	if change != nil {
		change(&opts)
	}
	f, err := httptracker.New(t.Context(), service, slog.New(slog.DiscardHandler), reg, opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	l := &live{t: t, frontend: f, reg: reg, addr: f.Addrs()[0].String()}
	if len(f.Addrs()) > 1 {
		l.addr6 = f.Addrs()[1].String()
	}
	return l
}

// A reply is what came back for one request.
type reply struct {
	*http.Response
	body string
}

// send writes raw to a connection of its own and reads one reply.
func (l *live) send(raw string) reply {
	l.t.Helper()
	return l.sendTo(l.addr, raw)
}

func (l *live) sendTo(addr, raw string) reply {
	l.t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		l.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, raw); err != nil {
		l.t.Fatal(err)
	}
	return l.read(bufio.NewReader(conn))
}

func (l *live) read(r *bufio.Reader) reply {
	l.t.Helper()
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		l.t.Fatalf("reading a reply: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatalf("reading a body: %v", err)
	}
	return reply{resp, string(body)}
}

// getFrom asks for target as a client at the address caller would.
func (l *live) getFrom(caller, target string) reply {
	l.t.Helper()
	return l.send("GET " + target + " HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: " + caller + "\r\n\r\n")
}

// The announces of the tests, without their port, and the clients that make them.
const (
	hashText = "%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A"
	idText   = "-qB5040-aaaaaaaaaaaa"
	base     = "/announce?info_hash=" + hashText + "&peer_id=" + idText
	alice    = "203.0.113.9"
	bob      = "198.51.100.7"
	carol    = "2001:db8::7"
)

// announce makes an announce that must succeed, with query behind the hash and peer ID.
func (l *live) announce(caller, query string) announced {
	l.t.Helper()
	return l.decode(l.getFrom(caller, base+"&"+query))
}

// announced is a decoded reply to an announce.
type announced struct {
	Complete    int           `bencode:"complete"`
	Incomplete  int           `bencode:"incomplete"`
	ExternalIP  string        `bencode:"external ip"`
	Interval    int           `bencode:"interval"`
	MinInterval int           `bencode:"min interval"`
	Peers       bencode.Bytes `bencode:"peers"`
	Peers6      *string       `bencode:"peers6"`
	Failure     string        `bencode:"failure reason"`
	RetryIn     bencode.Bytes `bencode:"retry in"`
}

func (l *live) decode(r reply) (a announced) {
	l.t.Helper()
	l.mustDecode(r, &a)
	if a.Failure != "" {
		l.t.Fatalf("announce failed: %s", a.Failure)
	}
	return a
}

func (l *live) mustDecode(r reply, into any) {
	l.t.Helper()
	if r.StatusCode != http.StatusOK {
		l.t.Fatalf("got status %s, want 200", r.Status)
	}
	if err := bencode.Unmarshal([]byte(r.body), into); err != nil {
		l.t.Fatalf("reply %q: %v", r.body, err)
	}
}

// compact returns the IPv4 peers of a compact reply.
func (a announced) compact() (peers []string) {
	var raw string
	if bencode.Unmarshal(a.Peers, &raw) != nil {
		return []string{"no compact list"}
	}
	for ; len(raw) >= 6; raw = raw[6:] {
		peers = append(peers, swarm.PeerFrom(swarm.IPv4, []byte(raw[:6])).String())
	}
	return peers
}

// compact6 returns the IPv6 peers of a reply.
func (a announced) compact6() (peers []string) {
	if a.Peers6 == nil {
		return nil
	}
	for raw := *a.Peers6; len(raw) >= 18; raw = raw[18:] {
		peers = append(peers, swarm.PeerFrom(swarm.IPv6, []byte(raw[:18])).String())
	}
	return peers
}

// failure makes a request that must fail, and returns the decoded failure.
func (l *live) failure(caller, target string) announced {
	l.t.Helper()
	var a announced
	l.mustDecode(l.getFrom(caller, target), &a)
	if a.Failure == "" {
		l.t.Fatalf("%s: got a reply, want a failure", target)
	}
	return a
}

// wantFailure fails the test unless target fails with a reason that holds word, lastingly.
func (l *live) wantFailure(target, word string) {
	l.t.Helper()
	got := l.failure(alice, target)
	if !strings.Contains(got.Failure, word) || string(got.RetryIn) != "5:never" {
		l.t.Errorf("%s: got failure %q, retry in %q, want one with %q and never", target, got.Failure, got.RetryIn, word)
	}
}

// testHash is the hash that hashText stands for.
func testHash(t *testing.T) bittorrent.InfoHash {
	raw, err := url.PathUnescape(hashText)
	if err != nil || len(raw) != 20 {
		t.Fatalf("hash %q: %v", raw, err)
	}
	return bittorrent.InfoHash([]byte(raw))
}

// wantCounts fails the test unless the swarm has so many seeders and leechers.
func (l *live) wantCounts(what string, seeders, leechers uint32) {
	l.t.Helper()
	stats, err := l.store.Scrape(context.Background(), []bittorrent.InfoHash{testHash(l.t)}, nil)
	if err != nil || stats[0].Seeders != seeders || stats[0].Leechers != leechers {
		l.t.Errorf("%s: got %+v, error %v, want %d seeders and %d leechers", what, stats, err, seeders, leechers)
	}
}
