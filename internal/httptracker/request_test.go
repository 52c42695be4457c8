package httptracker_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/httptracker"
)

func TestOnlyGETAnnouncesAndScrapes(t *testing.T) {
	l := start(t, nil)
	for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		for _, target := range []string{base + "&port=1", "/?info_hash=" + hashText, "/scrape?info_hash=" + hashText} {
			conn, err := net.Dial("tcp", l.addr)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, method+" "+target+" HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			status, err := bufio.NewReader(conn).ReadString('\n')
			conn.Close()
			if err != nil || !strings.Contains(status, " 405 ") {
				t.Errorf("%s %s: got %q, error %v, want 405", method, target, status, err)
			}
		}
	}
	l.wantCounts("after methods that are none", 0, 0)
}

func TestTheRootSaysWhatThisIs(t *testing.T) {
	l := start(t, nil)
	const rest = " / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
	if r := l.send("GET" + rest); r.StatusCode != 200 || !strings.Contains(r.body, "BitTorrent tracker") {
		t.Errorf("GET: got %s and %q", r.Status, r.body)
	}
	if r := l.send("OPTIONS" + rest); r.StatusCode != 200 || r.body != "" {
		t.Errorf("OPTIONS: got %s and %q", r.Status, r.body)
	}
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "HEAD"+rest)
	raw, err := io.ReadAll(conn)
	if err != nil || !strings.HasPrefix(string(raw), "HTTP/1.1 200 ") || !strings.HasSuffix(string(raw), "\r\n\r\n") {
		t.Errorf("HEAD: got %q, error %v, want 200 and no body", raw, err)
	}
	if r := l.send("POST" + rest); r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %s, want 405", r.Status)
	}
	for _, target := range []string{"/favicon.ico", "/stats", "/announce/x", "/x?info_hash=" + hashText} {
		if r := l.getFrom(alice, target); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %s, want 404", target, r.Status)
		}
	}
}

func TestConnectionsServeRequestAfterRequest(t *testing.T) {
	l := start(t, nil)
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	const request = "GET " + base + "&port=1 HTTP/1.1\r\nHost: t\r\n\r\n"
	t.Run("keep-alive", func(t *testing.T) {
		for range 3 {
			io.WriteString(conn, request)
			if got := l.read(r); got.Close {
				t.Fatal("got Connection: close, want the connection kept")
			}
		}
	})
	t.Run("pipelining", func(t *testing.T) {
		io.WriteString(conn, strings.Repeat(request, 10))
		for range 10 {
			l.decode(l.read(r))
		}
	})
	t.Run("HTTP/1.0 closes", func(t *testing.T) {
		got := l.send("GET " + base + "&port=1 HTTP/1.0\r\n\r\n")
		if l.decode(got); !got.Close || got.ContentLength != int64(len(got.body)) {
			t.Errorf("got close %v, length %d for %d bytes", got.Close, got.ContentLength, len(got.body))
		}
	})
	t.Run("HTTP/1.0 keeps when asked", func(t *testing.T) {
		conn, err := net.Dial("tcp", l.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for range 2 {
			io.WriteString(conn, "GET "+base+"&port=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
			l.decode(l.read(r))
		}
	})
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	l := start(t, func(o *httptracker.Options) { o.IdleTimeout = 10 * time.Millisecond })
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: t\r\n\r\n")
	l.read(r)
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("after the idle timeout: got %v, want the end of the connection", err)
	}
}

func TestARequestHeadOver16KiBIsRefused(t *testing.T) {
	l := start(t, nil)
	head := func(size int) string {
		const frame = "GET " + base + "&port=1&junk= HTTP/1.1\r\nHost: t\r\n\r\n"
		return strings.Replace(frame, "junk=", "junk="+strings.Repeat("j", size-len(frame)), 1)
	}
	l.decode(l.send(head(16 << 10)))
	l.wantCounts("a head of 16 KiB", 0, 1)
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, head(16<<10+1))
	r := bufio.NewReader(conn)
	if got := l.read(r); got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a byte more: got %s, want 431", got.Status)
	}
	if _, err := io.Copy(io.Discard, r); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("a byte more: got %v, want the connection closed", err)
	}
}

func TestConnectionsFromIPv6(t *testing.T) {
	l := start(t, func(o *httptracker.Options) { o.ClientIP.TrustedProxies = nil })
	got := l.decode(l.sendTo(l.addr6, "GET "+base+"&port=1 HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n"))
	if want := strings.Repeat("\x00", 15) + "\x01"; got.ExternalIP != want {
		t.Errorf("got external ip %q, want %q", got.ExternalIP, want)
	}
}

func TestMappedAddressesAreIPv4(t *testing.T) {
	l := start(t, func(o *httptracker.Options) { o.Listen, o.ClientIP.TrustedProxies = []string{":0"}, nil })
	_, port, _ := net.SplitHostPort(l.addr)
	got := l.decode(l.sendTo("127.0.0.1:"+port, "GET "+base+"&port=1 HTTP/1.1\r\nHost: t\r\n\r\n"))
	if got.ExternalIP != "\x7f\x00\x00\x01" || got.Peers6 != nil {
		t.Errorf("got external ip %q, peers6 %v, want 4 bytes and none", got.ExternalIP, got.Peers6)
	}
}

func TestConnectionsAboveTheLimitWait(t *testing.T) {
	l := start(t, func(o *httptracker.Options) { o.MaxConnections = 1 })
	const request = "GET / HTTP/1.1\r\nHost: t\r\n\r\n"
	first, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(first, request)
	l.read(bufio.NewReader(first))
	second, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	io.WriteString(second, request)
	answered := make(chan reply)
	go func() { answered <- l.read(bufio.NewReader(second)) }()
	select {
	case <-answered:
		t.Error("got a reply while the first connection is open, want it to wait")
	case <-time.After(20 * time.Millisecond):
	}
	first.Close()
	if got := <-answered; got.StatusCode != http.StatusOK {
		t.Errorf("when the first has closed: got %s", got.Status)
	}
}
