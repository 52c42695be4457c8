package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// tracksWS starts a WebSocket tracker of one swarm, and hands over the requests.
func tracksWS(t *testing.T, swarm bittorrent.InfoHash) (url string, requests <-chan string) {
	t.Helper()
	said := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.CloseNow()
		var m wsproto.Message
		_, data, _ := conn.Read(req.Context())
		if err := wsproto.Parse(data, &m); err != nil {
			t.Errorf("%s: %v", data, err)
		}
		said <- string(data)
		reply := wsproto.AppendReply(nil, m.InfoHash, 1, 23, 120)
		if m.Kind == wsproto.KindScrape {
			reply = wsproto.AppendScrape(nil, []wsproto.ScrapeFile{{InfoHash: swarm, Complete: 1, Incomplete: 33, Downloaded: 222}}, 600)
		}
		_ = conn.Write(req.Context(), websocket.MessageText, reply)
		_, _, _ = conn.Read(req.Context()) // until the client has gone
	}))
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http"), said
}

func TestAnnounceAndScrapeOverWebSocket(t *testing.T) {
	swarm, _ := bittorrent.ParseInfoHash(hashText)
	url, requests := tracksWS(t, swarm)
	var out bytes.Buffer

	var announce announceCmd
	if _, err := parseInto(t, &announce, url, hashText, "--left=0", "--event=completed", "--numwant=7"); err != nil {
		t.Fatal(err)
	}
	const reply = "seeders   1\nleechers  23\ninterval  2m0s\n"
	if err := announce.Run(t.Context(), &out); err != nil || out.String() != reply {
		t.Errorf("got error %v and\n%swant\n%s", err, out.String(), reply)
	}
	const request = `{"numwant":7,"uploaded":0,"downloaded":0,"left":0,"event":"completed","action":"announce",`
	if got := <-requests; !strings.HasPrefix(got, request) {
		t.Errorf("got request %s, want it to begin with %s", got, request)
	}

	out.Reset()
	var scrape scrapeCmd
	if _, err := parseInto(t, &scrape, url, otherHashText, hashText, "--json"); err != nil {
		t.Fatal(err)
	}
	const counts = `{"info_hash":"` + otherHashText + `","seeders":0,"leechers":0,"completed":0}` + "\n" +
		`{"info_hash":"` + hashText + `","seeders":1,"leechers":33,"completed":222}` + "\n"
	if err := scrape.Run(t.Context(), &out); err != nil || out.String() != counts {
		t.Errorf("got error %v and\n%swant\n%s", err, out.String(), counts)
	}
	<-requests
}

func TestHelpTellsHowShortAPeerOverWebSocketStays(t *testing.T) {
	help, _ := parseInto(t, new(announceCmd), "--help")
	flat := strings.Join(strings.Fields(help), " ")
	for _, want := range []string{"udp://, http://, https://, ws:// or wss://", "leaves the swarm when the command ends"} {
		if !strings.Contains(flat, want) {
			t.Errorf("got help\n%swant %q in it", help, want)
		}
	}
}
