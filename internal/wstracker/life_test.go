package wstracker_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/wstracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// quickly makes pings come every 100 to 150 ms.
func quickly(o *wstracker.Options) { o.Ping = 150 * time.Millisecond }

func TestIdleSocketsArePingedAndStayOpen(t *testing.T) {
	c := start(t, quickly).dialRaw()
	for range 6 {
		c.want(opPing, "")
		c.write(fin|opPong, "")
	}
}

func TestAnyTrafficCountsAsLife(t *testing.T) {
	c := start(t, quickly).dialRaw()
	for range 6 { // none of the pings is answered
		c.want(opPing, "")
		c.write(fin|opText, `{"action":"scrape","info_hash":[]}`)
		c.want(opText, `{"action":"scrape"`)
	}
}

func TestHalfOpenSocketsAreClosedAfterTwoPings(t *testing.T) {
	l := start(t, quickly)
	c := l.dialRaw()
	c.write(fin|opText, announce(alice, 1, bittorrent.Started, 0))
	c.want(opText, `{"complete":0`)
	c.want(opPing, "")
	c.want(opPing, "")
	c.wantEnd()
	l.wantMetric("starling_sessions_closed_total", "silent", 1)
	await(t, "its peer to be gone", func() bool { return l.counts().Leechers == 0 })
}

// fill sends so many offers of size bytes to the first session of f.
func (f *fake) fill(t *testing.T, offers, size int) {
	t.Helper()
	r := f.receiver(t)
	sdp := []byte(`{"sdp":"` + strings.Repeat("x", size) + `"}`)
	for n := range offers {
		id := bittorrent.OfferID(fmt.Appendf(nil, "offer %014d", n))
		r.Offer(&swarm.Signal{Kind: swarm.Offer, From: bob, InfoHash: hash, OfferID: id, SDP: sdp})
	}
}

func TestASlowReaderLosesTheOldestOffersAndKeepsItsSocket(t *testing.T) {
	f := new(fake)
	l := startFake(t, f, func(o *wstracker.Options) { o.Outbox = 64 << 10 })
	b := l.dial()
	const offers = 4000 // 40 MB, more than the kernel's buffers take
	f.fill(t, offers, 10_000)
	b.send(announce(alice, 1, bittorrent.None, 0))
	got, last := 0, ""
	for m := b.get(); m.InfoHash == hash && len(m.SDP) > 0; m = b.get() {
		if id := string(m.OfferID[:]); id <= last {
			t.Fatalf("got offer %s after %s, want the order in which they came", id, last)
		} else {
			last = id
		}
		got++
	}
	dropped := l.metric("starling_ws_dropped_total", "offer")
	if got == 0 || dropped == 0 || got+int(dropped) != offers {
		t.Errorf("got %d offers and %v dropped of %d, want some of each", got, dropped, offers)
	}
	if want := fmt.Sprintf("offer %014d", offers-1); last != want {
		t.Errorf("got %s last, want the newest, %s", last, want)
	}
	b.nothing("after all")
	l.wantMetric("starling_ws_outbox_bytes", "", 0)
}

func TestAStuckSocketIsClosed(t *testing.T) {
	f := new(fake)
	l := startFake(t, f, func(o *wstracker.Options) { o.WriteTimeout = 100 * time.Millisecond })
	c := l.dialRaw()
	await(t, "the socket to be closed", func() bool { // however much the kernel takes
		f.fill(t, 100, 10_000)
		return l.metric("starling_sessions_closed_total", "stuck") == 1
	})
	l.wantMetric("starling_ws_outbox_bytes", "", 0)
	c.wantEnd()
}

func TestASocketThatOnlyWritesHasToWait(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.Outbox, o.WriteTimeout = 16<<10, 300*time.Millisecond })
	c := l.dialRaw()
	hashes := make([]bittorrent.InfoHash, wsproto.MaxScrapeHashes)
	for n := range hashes {
		hashes[n][0] = byte(n)
	}
	scrape := frame(fin|opText, string(wsproto.AppendScrapeRequest(nil, hashes)))
	for err := error(nil); err == nil; { // until nothing more is taken, and the socket is closed for it
		_, err = c.Write(scrape)
	}
	l.wantMetric("starling_sessions_closed_total", "stuck", 1)
	if got := l.metric("starling_ws_dropped_total", "offer") + l.metric("starling_ws_dropped_total", "answer"); got != 0 {
		t.Errorf("got %v messages dropped for want of room, want none: replies wait", got)
	}
}

func TestHandshakesThatAreNone(t *testing.T) {
	l := start(t, nil)
	without := func(line string) string {
		if !strings.Contains(handshakeHeader, line) {
			t.Fatalf("%s is not in the header", line)
		}
		return strings.Replace(handshakeHeader, line, "", 1)
	}
	rows := map[string]struct {
		request string
		status  int
	}{
		"HTTP/1.0":             {"GET / HTTP/1.0\r\n" + handshakeHeader, http.StatusUpgradeRequired},
		"POST":                 {"POST / HTTP/1.1\r\n" + handshakeHeader, http.StatusMethodNotAllowed},
		"no Connection":        {"GET / HTTP/1.1\r\n" + without("Connection: Upgrade\r\n"), http.StatusUpgradeRequired},
		"no Upgrade":           {"GET / HTTP/1.1\r\n" + without("Upgrade: websocket\r\n"), http.StatusUpgradeRequired},
		"no key":               {"GET / HTTP/1.1\r\n" + without("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), http.StatusBadRequest},
		"a short key":          {"GET / HTTP/1.1\r\n" + strings.Replace(handshakeHeader, "dGhlIHNhbXBsZSBub25jZQ==", "eA==", 1), http.StatusBadRequest},
		"another version":      {"GET / HTTP/1.1\r\n" + strings.Replace(handshakeHeader, "Version: 13", "Version: 12", 1), http.StatusBadRequest},
		"a head that is large": {"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 40<<10) + "\r\n" + handshakeHeader, http.StatusRequestHeaderFieldsTooLarge},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			if _, got, _ := l.handshake(row.request + "\r\n"); got != row.status {
				t.Errorf("got %d, want %d", got, row.status)
			}
		})
	}
	if got := l.metric("starling_ws_handshakes_refused_total", "request"); got != float64(len(rows)-1) { // without the large one
		t.Errorf("got %v handshakes refused, want %d", got, len(rows)-1)
	}
	for _, garbage := range []string{"\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "\x00\x00\x04\x17\x27\x10\x19\x80"} {
		if _, got, _ := l.handshake(garbage + "\r\n\r\n"); got != http.StatusBadRequest {
			t.Errorf("%q: got %d, want 400", garbage, got)
		}
	}
	l.dial().join(alice, 1, 0)
}

func TestNoSubprotocolAndNoCompressionIsAgreedOn(t *testing.T) {
	_, status, header := start(t, nil).handshake("GET / HTTP/1.1\r\n" + handshakeHeader +
		"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	if status != http.StatusSwitchingProtocols || header.Get("Sec-Websocket-Protocol") != "" ||
		header.Get("Sec-Websocket-Extensions") != "" {
		t.Errorf("got %d %v, want a socket without either", status, header)
	}
}

func TestOrigins(t *testing.T) {
	dial := func(l *live, origin string) int {
		line := ""
		if origin != "" {
			line = "Origin: " + origin + "\r\n"
		}
		_, status, _ := l.handshake("GET / HTTP/1.1\r\n" + handshakeHeader + line + "\r\n")
		return status
	}
	l := start(t, nil)
	for _, origin := range []string{"", "https://example.org", "null", "file://", "chrome-extension://x"} {
		if got := dial(l, origin); got != http.StatusSwitchingProtocols {
			t.Errorf("any origin is served: got %d for %q, want 101", got, origin)
		}
	}
	l = start(t, func(o *wstracker.Options) { o.Origins = []string{"*.example.org", "https://exact.example"} })
	for origin, want := range map[string]int{
		"": 101, "https://a.example.org": 101, "http://A.EXAMPLE.ORG": 101, "https://exact.example": 101, "http://t": 101,
		"http://exact.example": 403, "https://example.org": 403, "https://example.com": 403, "null": 403,
	} {
		if got := dial(l, origin); got != want {
			t.Errorf("origin %q: got %d, want %d", origin, got, want)
		}
	}
	l.wantMetric("starling_ws_handshakes_refused_total", "origin", 4)
}

func TestSessionsAboveTheLimitAreToldToComeBack(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.MaxSessions = 2 })
	first := l.dialRaw()
	l.dialRaw()
	_, status, header := l.handshake("GET / HTTP/1.1\r\n" + handshakeHeader + "\r\n")
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
		t.Errorf("got %d %v, want 503 with Retry-After", status, header)
	}
	l.wantMetric("starling_ws_handshakes_refused_total", "sessions", 1)
	first.Close()
	l.wantMetric("starling_sessions", "", 1)
	l.dialRaw()
}

func TestSessionsOfAnAddressAreBounded(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.MaxSessionsOfIP = 1 })
	dial := func(from string) int {
		_, status, _ := l.handshake("GET / HTTP/1.1\r\nX-Forwarded-For: " + from + "\r\n" + handshakeHeader + "\r\n")
		return status
	}
	for _, row := range []struct {
		from string
		want int
	}{
		{"203.0.113.9", 101},
		{"203.0.113.9", 503},
		{"203.0.113.8", 101},
		{"::ffff:203.0.113.9", 503},
		{"2001:db8::1", 101},
		{"2001:db8::2", 503},
		{"2001:db8:0:1::1", 101},
	} {
		if got := dial(row.from); got != row.want {
			t.Errorf("from %s: got %d, want %d", row.from, got, row.want)
		}
	}
	l.wantMetric("starling_ws_handshakes_refused_total", "sessions_of_address", 3)
}

func TestAHandshakeThatFailsGivesItsPlaceBack(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.MaxSessions, o.MaxSessionsOfIP = 1, 1 })
	for range 5 {
		l.handshake("GET / HTTP/1.1\r\n" + strings.Replace(handshakeHeader, "Version: 13", "Version: 12", 1) + "\r\n")
	}
	l.dialRaw()
}

func TestAHandshakeThatMeetsAMistakeGivesItsPlaceBack(t *testing.T) {
	f := &fake{refused: make(map[swarm.Reason]int)}
	mistakes := 3
	open := func(r wstracker.Receiver) wstracker.Session {
		if mistakes--; mistakes >= 0 {
			panic("a mistake")
		}
		return f.open(r)
	}
	l := startWith(t, f, open, prometheus.NewRegistry(), func(o *wstracker.Options) { o.MaxSessions = 1 })
	for range 3 {
		c := l.dialRaw()
		if _, _, err := c.readFrame(); err == nil {
			t.Error("got a frame, want a connection that is closed")
		}
	}
	l.dial().join(bob, 1, 0)
}

func TestAStopClosesSessionsWith1001OverTime(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.CloseOver = 300 * time.Millisecond })
	var browsers []*browser
	for range 10 {
		b := l.dial()
		b.nothing("at first")
		browsers = append(browsers, b)
	}
	ends := make(chan time.Time, len(browsers))
	for _, b := range browsers {
		go func() {
			_, _, err := b.next()
			if got := websocket.CloseStatus(err); got != websocket.StatusGoingAway {
				t.Errorf("got %v, want code 1001", err)
			}
			ends <- time.Now()
		}()
	}
	l.stop()
	first, last := time.Now(), time.Time{}
	for range browsers {
		if at := <-ends; at.Before(first) {
			first = at
		} else if at.After(last) {
			last = at
		}
	}
	if took := last.Sub(first); took < 100*time.Millisecond {
		t.Errorf("got all closed within %v, want it spread over 300ms", took)
	}
	l.wantMetric("starling_sessions_closed_total", "shutdown", 10)
	if _, _, err := websocket.Dial(context.Background(), "ws://"+l.addr, nil); err == nil { //nolint:bodyclose // the library does
		t.Error("got another session after the stop, want none")
	}
}

func TestWhatWasToBeSentIsSentBeforeTheStop(t *testing.T) {
	f := new(fake)
	l := startFake(t, f, nil)
	b := l.dial()
	f.fill(t, 20, 10_000)
	go l.stop()
	for range 20 {
		if got := b.get(); len(got.SDP) == 0 {
			t.Fatalf("got %+v, want an offer", got)
		}
	}
	if _, _, err := b.next(); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("got %v, want code 1001", err)
	}
}

func TestAStopDoesNotWaitForThoseWhoDoNotListen(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.ShutdownTimeout = 50 * time.Millisecond })
	c := l.dialRaw()
	c.write(fin|opText, announce(alice, 1, bittorrent.Started, 0))
	c.want(opText, "")
	began := time.Now()
	l.stop()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("got a stop of %v, want it to be cut off", took)
	}
	if got := l.counts(); got.Leechers != 0 {
		t.Errorf("got %+v, want nobody", got)
	}
}
