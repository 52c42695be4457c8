package load_test

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/load"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// countConnections serves handle and counts the connections that come.
func countConnections(t *testing.T, handle http.HandlerFunc) (url string, n *atomic.Int64) {
	t.Helper()
	n = new(atomic.Int64)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handle, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		served.Wait()
	})
	return "http://" + listener.Addr().String() + "/announce", n
}

func TestHTTPKeepsAConnectionOrTakesOneForEachRequest(t *testing.T) {
	for _, keep := range []bool{true, false} {
		var closed atomic.Int64
		url, connections := countConnections(t, func(w http.ResponseWriter, req *http.Request) {
			if req.Close {
				closed.Add(1)
			}
			_, _ = w.Write([]byte(twoPeers))
		})
		opts := small(url)
		opts.KeepAlive = keep
		r := run(t, opts)
		if r.Answers == 0 || r.PeersPerAnnounce != 2 || r.Lost != 0 || len(r.Errors) != 0 {
			t.Errorf("keep %v: got %+v, want answers of two peers and nothing else", keep, r)
		}
		if r.Sent != r.Answers {
			t.Errorf("keep %v: got %d sent and %d answers, want as many", keep, r.Sent, r.Answers)
		}
		first := int64(opts.Clients) // connections, of the peers' first announces
		if !keep && closed.Load() < int64(r.Answers) {
			t.Errorf("keep %v: got %d requests that close, want all of the %d answered", keep, closed.Load(), r.Answers)
		}
		last := closed.Load() + int64(opts.Clients) // those that the end caught before their request
		if keep {
			last = 0
		}
		if got := connections.Load(); got < first+closed.Load() || got > first+last {
			t.Errorf("keep %v: got %d connections, want %d to %d", keep, got, first+closed.Load(), first+last)
		}
	}
}

func TestHTTPAnnouncesEveryMemberAsATrackerReadsIt(t *testing.T) {
	var mu sync.Mutex // guards members
	members := map[announced]int{}
	url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
		var a httpproto.AnnounceRequest
		if err := a.Parse(req.URL.RawQuery); err != nil {
			t.Errorf("%s: %v", req.RequestURI, err)
		}
		mu.Lock()
		members[announced{a.InfoHash, a.Port, a.Left}]++
		mu.Unlock()
		_, _ = w.Write([]byte(twoPeers))
	})
	run(t, small(url))
	mu.Lock() // the end may have left a request behind
	defer mu.Unlock()
	if len(members) != 80 {
		t.Errorf("got %d members, want 80", len(members))
	}
}

func TestHTTPKeepsTheQueryOfItsTarget(t *testing.T) {
	url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasPrefix(req.RequestURI, "/announce?passkey=1&info_hash=") {
			t.Errorf("got a request for %s, want the passkey first", req.RequestURI)
		}
		_, _ = w.Write([]byte(twoPeers))
	})
	run(t, small(url+"?passkey=1"))
}

func TestHTTPScrapesAskAtTheScrapePath(t *testing.T) {
	url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/scrape" {
			_, _ = w.Write([]byte("d5:filesdee"))
			return
		}
		_, _ = w.Write([]byte(twoPeers))
	})
	opts := small(url)
	opts.Scrapes = 0.5
	if r := run(t, opts); r.Scrapes == 0 || r.Announces == 0 || r.PeersPerAnnounce != 2 {
		t.Errorf("got %d scrapes and %d announces of %v peers, want some of each and 2", r.Scrapes, r.Announces, r.PeersPerAnnounce)
	}
}

func TestHTTPErrorsAreCountedByTheirText(t *testing.T) {
	for want, bad := range map[string]http.HandlerFunc{
		`"not here"`: body("d14:failure reason8:not heree"),
		"HTTP 503 Service Unavailable": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"the answer comes in chunks, which trackers' clients do not know": func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
		},
		"the answer has 1048577 bytes, more than 1048576": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(1<<20+1))
		},
		"the answer is not HTTP/1":          raw("ICY 200 OK\r\n\r\n"),
		"the answer's length is no number":  raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
		"answer's head: EOF":                raw("HTTP/1.1 200 OK\r\nContent-"),
		"answer's head: bufio: buffer full": raw("HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 1<<13)),
		"the answer's head has no end":      raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 200)),
		"unexpected EOF":                    raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nd"),
	} {
		t.Run(want, func(t *testing.T) {
			var n atomic.Int64
			url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
				if n.Add(1) <= 80 {
					_, _ = w.Write([]byte(twoPeers)) // to the peers' first announces
					return
				}
				bad(w, req)
			})
			if r := run(t, small(url)); r.Answers != 0 || r.Errors[want] == 0 || len(r.Errors) != 1 {
				t.Errorf("got %d answers and errors %v, want none and %q", r.Answers, r.Errors, want)
			}
		})
	}
}

// raw answers with text as it is and hangs up.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = conn.Write([]byte(text))
			conn.Close()
		}
	}
}

func TestHTTPReadsABodyUpToTheConnectionsEnd(t *testing.T) {
	for _, version := range []string{"HTTP/1.0", "HTTP/1.1"} {
		url := serveHTTP(t, raw(version+" 200 OK\r\nContent-Type: text/plain\r\n\r\n"+twoPeers))
		r := run(t, small(url))
		if r.Answers == 0 || r.PeersPerAnnounce != 2 || len(r.Errors) != 0 {
			t.Errorf("%s: got %d answers of %v peers and errors %v, want some of two and none",
				version, r.Answers, r.PeersPerAnnounce, r.Errors)
		}
	}
}

func TestAKeptConnectionThatTheTrackerClosedIsNoError(t *testing.T) {
	var n atomic.Int64
	reply := "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(twoPeers)) + "\r\n\r\n" + twoPeers
	url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
		if n.Add(1)%3 == 0 {
			raw(reply)(w, req) // and closes without having said so
			return
		}
		_, _ = w.Write([]byte(twoPeers))
	})
	if r := run(t, small(url)); r.Answers == 0 || r.Lost != 0 || len(r.Errors) != 0 {
		t.Errorf("got %d answers, %d lost and errors %v, want answers alone", r.Answers, r.Lost, r.Errors)
	}
}

func TestHTTPLossesAreCountedAndNeverStallTheLoad(t *testing.T) {
	var n atomic.Int64
	url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
		if i := n.Add(1); i > 80 && i%10 == 0 {
			<-req.Context().Done() // until the client gives up
			return
		}
		_, _ = w.Write([]byte(twoPeers))
	})
	opts := small(url)
	opts.Timeout, opts.Length = 50*time.Millisecond, 400*time.Millisecond
	if r := run(t, opts); r.Lost == 0 || r.Answers == 0 || len(r.Errors) != 0 {
		t.Errorf("got %d lost, %d answers and errors %v, want some, some and none", r.Lost, r.Answers, r.Errors)
	}
}

func TestATrackerThatFailsItsPeersEndsTheLoad(t *testing.T) {
	url := serveHTTP(t, body("d14:failure reason14:not registerede"))
	if _, err := load.Run(t.Context(), small(url)); err == nil || !strings.Contains(err.Error(), `"not registered"`) {
		t.Errorf("got %v, want the tracker's text", err)
	}
}
