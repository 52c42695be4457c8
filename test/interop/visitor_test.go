package interop_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

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

// open connects to a WebSocket URL. When it cannot, it returns the status with which it was refused.
func (v *visitor) open(t *testing.T, url string) (b *browser, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: &http.Client{Transport: v}}) //nolint:bodyclose // Dial does
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
