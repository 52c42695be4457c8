package interop_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// A visitor comes to a proxy from an address of its own, with a header that claims another one.
type visitor struct{ http.Transport }

func newVisitor(t *testing.T, h host, trusted *redistest.Authority) *visitor {
	t.Helper()
	from := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addrPort(h.ipv4, 0)))}
	v := &visitor{http.Transport{DialContext: from.DialContext, TLSClientConfig: &tls.Config{RootCAs: trusted.Pool()}}}
	t.Cleanup(v.CloseIdleConnections)
	return v
}

// RoundTrip escapes less of the query than others, as some torrent clients do: nothing from 0x80 on.
func (v *visitor) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	var query strings.Builder
	for rest := r.URL.RawQuery; rest != ""; {
		if rest[0] == '%' && rest[1] >= '8' {
			query.WriteByte(hexDigit(rest[1])<<4 | hexDigit(rest[2]))
			rest = rest[3:]
		} else {
			query.WriteByte(rest[0])
			rest = rest[1:]
		}
	}
	r.URL.RawQuery = query.String()
	return v.Transport.RoundTrip(r)
}

func hexDigit(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c|0x20)) }

// A browser is the tracker's end of one: a socket on which it announces by hand.
type browser struct {
	*websocket.Conn

	peerID string
	heard  chan message // closed when the socket is
}

// open connects to a WebSocket URL. When it cannot, it returns the status with which it was refused.
func (v *visitor) open(t *testing.T, url string) (b *browser, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: v}})
	switch {
	case resp == nil:
		t.Fatal(err)
	case err != nil:
		return nil, resp.StatusCode
	}
	t.Cleanup(func() { conn.CloseNow() })
	b = &browser{conn, randomID(), make(chan message, 64)}
	go b.listen()
	return b, resp.StatusCode
}

// listen reads until the socket is closed, as browsers do, and answers pings by that.
func (b *browser) listen() {
	defer close(b.heard)
	for {
		var m message
		_, text, err := b.Read(context.Background())
		if err != nil || json.Unmarshal(text, &m) != nil {
			return
		}
		b.heard <- m
	}
}

// A message is any of those between a browser and its tracker. Its binary strings hold letters.
type message struct {
	Action   string          `json:"action"`
	InfoHash string          `json:"info_hash"`
	PeerID   string          `json:"peer_id"`
	ToPeerID string          `json:"to_peer_id,omitempty"`
	Left     int             `json:"left"`
	Interval int             `json:"interval,omitempty"`
	Offers   []offer         `json:"offers,omitempty"`
	OfferID  string          `json:"offer_id,omitempty"`
	Offer    json.RawMessage `json:"offer,omitempty"`
	Answer   json.RawMessage `json:"answer,omitempty"`
}

type offer struct {
	ID    string          `json:"offer_id"`
	Offer json.RawMessage `json:"offer"`
}

func (b *browser) send(t *testing.T, m message) {
	t.Helper()
	m.Action, m.PeerID = "announce", b.peerID
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next message that is wanted.
func (b *browser) receive(t *testing.T, what string, wanted func(message) bool) message {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case m, ok := <-b.heard:
			if !ok {
				t.Fatalf("got a closed socket, want %s", what)
			}
			if wanted(m) {
				return m
			}
		case <-late:
			t.Fatalf("got nothing within %v, want %s", patience, what)
		}
	}
}

// idle has browsers say nothing for so long, and hear nothing.
func idle(t *testing.T, browsers []*browser, long time.Duration) {
	t.Helper()
	over, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	for _, b := range browsers {
		select {
		case m, ok := <-b.heard:
			t.Fatalf("got message %+v (socket open: %v) while nobody said anything, want none", m, ok)
		case <-over.Done():
		}
	}
}

// randomID returns 20 letters.
func randomID() string { return rand.Text()[:20] }
