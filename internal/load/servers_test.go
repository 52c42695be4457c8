package load_test

import (
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/load"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

const connectionID = 0xc0ffee0123456789

// A tracker answers UDP requests as its test decides, and notes whom it answered.
type tracker struct {
	url    string
	answer func(n int, h udpproto.Header, good []byte) [][]byte // the n-th packet; nil: good

	mu      sync.Mutex // guards the rest
	members map[announced]int
}

// announced is what tells peers of a tracker apart: all of them have the same address here.
type announced struct {
	hash bittorrent.InfoHash
	port uint16
	left uint64
}

// serveUDP starts a tracker that tells of two peers, or what answer returns in place of that.
func serveUDP(t *testing.T, answer func(n int, h udpproto.Header, good []byte) [][]byte) *tracker {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	tr := &tracker{url: "udp://" + conn.LocalAddr().String(), answer: answer, members: map[announced]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tr.serve(conn)
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return tr
}

func (tr *tracker) serve(conn *net.UDPConn) {
	buf := make([]byte, 1<<16)
	for n := 0; ; n++ {
		size, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		h, _ := udpproto.ParseHeader(buf[:size])
		replies := [][]byte{good(h)}
		if tr.answer != nil {
			replies = tr.answer(n, h, replies[0])
		}
		var a udpproto.AnnounceRequest
		if _, ok := a.Parse(buf[:size]); ok && h.Action == udpproto.ActionAnnounce && len(replies) > 0 {
			tr.mu.Lock()
			tr.members[announced{a.InfoHash, a.Port, a.Left}]++
			tr.mu.Unlock()
		}
		for _, reply := range replies {
			_, _ = conn.WriteToUDPAddrPort(reply, from)
		}
	}
}

// good is what a tracker without faults answers.
func good(h udpproto.Header) []byte {
	switch {
	case h.Action == udpproto.ActionConnect:
		return udpproto.AppendConnectReply(nil, h.TransactionID, connectionID)
	case h.ConnectionID != connectionID:
		return udpproto.AppendError(nil, h.TransactionID, "bad connection ID")
	case h.Action == udpproto.ActionScrape:
		reply := udpproto.AppendScrapeReply(nil, h.TransactionID)
		return udpproto.AppendScrapeEntry(reply, udpproto.ScrapeEntry{Seeders: 1})
	}
	return append(udpproto.AnnounceReply{TransactionID: h.TransactionID}.Append(nil), make([]byte, 2*6)...)
}

// told returns how many announces of each member were answered so far.
func (tr *tracker) told() map[announced]int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return maps.Clone(tr.members)
}

// serveHTTP answers with what handle writes, and returns the announce URL.
func serveHTTP(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL + "/announce"
}

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
}

// twoPeers is an HTTP answer that lists one peer of each family.
var twoPeers = "d8:intervali1800e5:peers6:\x7f\x00\x00\x01\x1a\xe16:peers618:" + string(make([]byte, 18)) + "e"

// small is a load that is done at once.
func small(targets ...string) load.Options {
	return load.Options{
		Targets: targets, Clients: 2, Window: 4, KeepAlive: true, Swarms: 10, Peers: 8, Seeders: 0.5, NumWant: 50,
		Timeout: 5 * time.Second, Length: 100 * time.Millisecond,
	}
}

func run(t *testing.T, opts load.Options) load.Report {
	t.Helper()
	r, err := load.Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
