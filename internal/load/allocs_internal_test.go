package load

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// echo answers each request with an announce reply without peers, until the test ends.
func echo(t *testing.T) (addr string) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		in, out := make([]byte, 1024), make([]byte, 0, 1024)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(in)
			if err != nil {
				return
			}
			if h, ok := udpproto.ParseHeader(in[:n]); ok {
				out = udpproto.AnnounceReply{TransactionID: h.TransactionID}.Append(out[:0])
				_, _ = conn.WriteToUDPAddrPort(out, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().String()
}

func TestUDPRequestsAndAnswersDoNotAllocate(t *testing.T) {
	opts := Options{Swarms: 100, Peers: 100, Seeders: 0.5, Window: 16, Zipf: 1, Timeout: time.Hour, Seed: 1}
	pop, err := newPopulation(opts)
	if err != nil {
		t.Fatal(err)
	}
	target := &url.URL{Scheme: "udp", Host: echo(t)}
	u, err := dialUDP(t.Context(), opts, target, netip.Addr{}, pop)
	if err != nil {
		t.Fatal(err)
	}
	defer u.close()
	now := time.Now()
	u.issued = now // so that no connect is due
	u.reset(now)
	rng, counts := newRand(1, 1), new(tally)
	next := func() (request, bool) { return request{pop.pick(rng, 0), rng.Float64() < 0.1}, true }
	testutil.NoAllocs(t, "a round of a UDP client", func() {
		u.fill(counts, now, next, true)
		if err := u.wire.flush(); err != nil {
			t.Fatal(err)
		}
		n, err := u.wire.read()
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := u.receive(counts, u.wire.packet(i), now, false); err != nil {
				t.Fatal(err)
			}
		}
		if err := u.giveUp(counts, now, false); err != nil {
			t.Fatal(err)
		}
	})
	if counts.answers == 0 {
		t.Error("got no answer, want some")
	}
}

func TestHTTPRequestsAndAnswersDoNotAllocate(t *testing.T) {
	opts := Options{Swarms: 100, Peers: 100, KeepAlive: true}
	pop, err := newPopulation(opts)
	if err != nil {
		t.Fatal(err)
	}
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:80", Path: "/announce"}
	h, err := newHTTP(t.Context(), opts, target, netip.Addr{}, pop)
	if err != nil {
		t.Fatal(err)
	}
	list := "d8:completei1e5:peers6:abcdefe"
	text := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n%s", len(list), list)
	reader := bytes.NewReader(text)
	h.in = bufio.NewReader(reader)
	rng := newRand(1, 1)
	testutil.NoAllocs(t, "an HTTP request and its answer", func() {
		h.request = h.appendRequest(h.request[:0], request{member: pop.pick(rng, 0)})
		reader.Reset(text)
		a, err := h.read()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := countPeers(a); n != 1 || err != nil {
			t.Fatalf("got %d peers and %v, want 1", n, err)
		}
	})
}

func BenchmarkUDPRequest(b *testing.B) {
	opts := Options{Swarms: 10_000, Peers: 100, Seeders: 0.5, Zipf: 1}
	pop, err := newPopulation(opts)
	if err != nil {
		b.Fatal(err)
	}
	u := &udpClient{opts: opts, pop: pop}
	rng, s := newRand(1, 1), slot{}
	b.ReportAllocs()
	for b.Loop() {
		s.request.member = pop.pick(rng, 0)
		s.packet = u.appendRequest(s.packet[:0], &s)
	}
}
