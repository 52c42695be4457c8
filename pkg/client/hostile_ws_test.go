package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// both announces and scrapes, and returns the errors of both.
func both(ctx context.Context, trackerURL string) []error {
	_, announced := client.Announce(ctx, trackerURL, announcement, client.Options{})
	_, scraped := client.Scrape(ctx, trackerURL, []bittorrent.InfoHash{hash}, client.Options{})
	return []error{announced, scraped}
}

func TestWSRefusalsAreFailures(t *testing.T) {
	for _, text := range []string{
		`{"failure reason":"no \u001b"}`,
		`{"action":"announce","failure reason":"no \u001b","info_hash":""}`,
		string(wsproto.AppendFailure(nil, hash, true, "no \x1b")),
	} {
		for _, err := range both(t.Context(), serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string { return []string{text} })) {
			failure, ok := errors.AsType[*client.FailureError](err)
			if !ok || failure.Reason != "no \x1b" || !strings.HasSuffix(err.Error(), `: refused: "no \x1b"`) {
				t.Errorf("%s: got error %v, want the refusal", text, err)
			}
		}
	}
}

func TestWSMalformedRepliesAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "reply: malformed message",
		"d8:completei1ee":                    "reply: malformed message",
		"{\"x\":\"\xff\"}":                   "reply: malformed message",
		`{"complete":1}`:                     "reply: invalid action",
		`{"action":"announce","complete":1}`: "reply: invalid info_hash: must be 20 characters, one a byte",
	} {
		for _, err := range both(t.Context(), serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string { return []string{text} })) {
			if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
				t.Errorf("%q: got error %v, want %s", text, err, want)
			}
		}
	}
}

func TestWSMessagesAreBounded(t *testing.T) {
	const most = 1 << 20
	for size, want := range map[int]string{most: "", most + 1: "reply is longer than 1048576 bytes", 8 * most: "reply is longer than 1048576 bytes"} {
		u := serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string {
			return []string{wsReply + strings.Repeat("\n", size-len(wsReply))}
		})
		_, err := client.Announce(t.Context(), u, announcement, client.Options{})
		if (err == nil) != (want == "") || err != nil && !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%d bytes: got error %v, want %q", size, err, want)
		}
	}
}

func TestWSStatusOtherThan101IsAnError(t *testing.T) {
	for code, text := range map[int]string{200: "HTTP status 200 OK", 404: "HTTP status 404 Not Found", 503: "HTTP status 503 Service Unavailable"} {
		base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
		for _, err := range both(t.Context(), inWS(base)) {
			if status, ok := errors.AsType[*client.StatusError](err); !ok || status.Code != code || !strings.HasSuffix(err.Error(), ": "+text) {
				t.Errorf("status %d: got error %v, want %s", code, err, text)
			}
		}
	}
}

func TestWSRedirectionsAreRefused(t *testing.T) {
	var elsewhere atomic.Int32
	base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/announce" {
			http.Redirect(w, req, "/elsewhere", http.StatusFound)
			return
		}
		elsewhere.Add(1)
		talkWS(trackWS)(w, req)
	})
	for _, err := range both(t.Context(), inWS(base)+"/announce") {
		if status, ok := errors.AsType[*client.StatusError](err); !ok || status.Code != http.StatusFound {
			t.Errorf("got error %v, want status 302", err)
		}
	}
	if got := elsewhere.Load(); got != 0 {
		t.Errorf("got %d requests elsewhere, want none", got)
	}
}

func TestWSHandshakesThatFailAreErrors(t *testing.T) {
	for accept, want := range map[string]string{"else": "upgraded to what is no WebSocket", "websocket": "handshake: "} {
		base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+accept+
				"\r\nSec-WebSocket-Accept: \xff"+strings.Repeat("x", 1000)+"\r\n\r\n")
		})
		for _, err := range both(t.Context(), inWS(base)+"/p4ssk3y") {
			if err == nil || !strings.Contains(err.Error(), ": "+want) || len(err.Error()) > 400 || strings.Contains(err.Error(), "p4ssk3y") {
				t.Errorf("%s: got error %v, want a short one with %s", accept, err, want)
			}
		}
	}
}

func TestWSClosedByTheTrackerIsAnError(t *testing.T) {
	base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if req.URL.Path == "/kind" {
			conn.Close(websocket.StatusTryAgainLater, "full\x1b")
		}
	})
	for path, want := range map[string]string{"/kind": `: closed by the tracker: code 1013, "full\x1b"`, "/rude": ": socket: "} {
		for _, err := range both(t.Context(), inWS(base)+path) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want %s", path, err, want)
			}
		}
	}
}

func TestWSEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	u := serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string {
		cancel()
		return nil
	})
	for _, err := range both(ctx, u) { // the second one has ended before it begins
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v, want context canceled", err)
		}
	}
}
