package httptracker_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/httptracker"
)

// echo takes the connection of a request over and sends back what comes.
var echo = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	conn, buffers, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	go func() {
		defer conn.Close()
		_, _ = io.Copy(conn, buffers.Reader)
	}()
})

func upgrade(target, header string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: t\r\nConnection: Upgrade\r\n" + header + "\r\n\r\n"
}

func TestRequestsForAWebSocketGoToTheirHandler(t *testing.T) {
	taken := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	l := start(t, func(o *httptracker.Options) { o.Upgrade = taken })
	for _, header := range []string{"Upgrade: websocket", "Upgrade: WebSocket", "upgrade: h2c, websocket", "Upgrade: h2c\r\nUpgrade: websocket"} {
		for _, target := range []string{"/", "/announce", base + "&port=1", "/scrape", "/any/path?and=query"} {
			if got := l.send(upgrade(target, header)); got.StatusCode != http.StatusTeapot {
				t.Errorf("%s, %s: got %s, want the handler's answer", target, header, got.Status)
			}
		}
	}
	for _, header := range []string{"Upgrade: h2c", "Upgrade:", "Upgrade: websockets", "X-Upgrade: websocket"} {
		if got := l.send(upgrade(base+"&port=1", header)); got.StatusCode != http.StatusOK || !strings.HasPrefix(got.body, "d8:complete") {
			t.Errorf("%s: got %s, %q, want an announce's reply", header, got.Status, got.body)
		}
	}
}

func TestWithoutAHandlerARequestForAWebSocketIsLikeAnyOther(t *testing.T) {
	l := start(t, nil)
	if got := l.send(upgrade(base+"&port=1", "Upgrade: websocket")); got.StatusCode != http.StatusOK {
		t.Errorf("got %s, want an announce's reply", got.Status)
	}
}

// open has a connection taken over, and returns it.
func open(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	io.WriteString(conn, upgrade("/", "Upgrade: websocket"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %s, want 101", resp.Status)
	}
	return conn
}

func TestAWebSocketDoesNotKeepRequestsOut(t *testing.T) {
	l := start(t, func(o *httptracker.Options) { o.Upgrade, o.MaxConnections = echo, 1 })
	for range 3 {
		conn := open(t, l.addr)
		io.WriteString(conn, "x")
		if n, err := conn.Read(make([]byte, 1)); n != 1 {
			t.Fatalf("got no echo: %v", err)
		}
	}
	l.announce(alice, "port=1")
	l.announce(alice, "port=1") // the first one's place is free again
}
