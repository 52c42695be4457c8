package client_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// talkWS answers each message of a socket with what answer returns, each in a message.
func talkWS(answer func(*http.Request, []byte) []string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			return // it has answered itself
		}
		defer conn.CloseNow()
		for {
			_, data, err := conn.Read(req.Context())
			if err != nil {
				return
			}
			for _, text := range answer(req, data) {
				if conn.Write(req.Context(), websocket.MessageText, []byte(text)) != nil {
					return
				}
			}
		}
	}
}

// serveWS answers at ip as talkWS does, and returns the URL of an announce.
func serveWS(t *testing.T, ip string, answer func(*http.Request, []byte) []string) string {
	t.Helper()
	return inWS(serveHTTP(t, ip, talkWS(answer))) + "/announce"
}

// inWS is the URL of a socket to an HTTP server.
func inWS(base string) string { return "ws" + strings.TrimPrefix(base, "http") }

const wsReply = `{"complete":1,"incomplete":2,"action":"announce","interval":120,"info_hash":"\u00124Vx` + "\u009a" + `&?=%+ ABCDEFGHI"}`

// trackWS is how a tracker answers. Of a swarm it tells what the hash begins with.
func trackWS(_ *http.Request, data []byte) []string {
	var m wsproto.Message
	if err := wsproto.Parse(data, &m); err != nil {
		return []string{string(wsproto.AppendFailure(nil, m.InfoHash, m.HasInfoHash, err.Error()))}
	}
	if m.Kind == wsproto.KindAnnounce {
		return []string{string(wsproto.AppendReply(nil, m.InfoHash, 1, 2, 120))}
	}
	var files []wsproto.ScrapeFile
	for _, h := range m.Hashes {
		if h[0] != 0 { // it leaves out those it does not know
			files = append(files, wsproto.ScrapeFile{InfoHash: h, Complete: uint32(h[0]), Downloaded: uint32(h[1]), Incomplete: uint32(h[2])})
		}
	}
	return []string{string(wsproto.AppendScrape(nil, files, 600))}
}

func TestWSAnnounceInBothFamilies(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		got, err := client.Announce(t.Context(), serveWS(t, ip, trackWS), announcement, client.Options{})
		want := client.Reply{Seeders: 1, Leechers: 2, Interval: 2 * time.Minute}
		if diff := cmp.Diff(want, got, compareAddrs, cmp.Comparer(sameAddr)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", ip, err, diff)
		}
	}
}

func TestWSAnnounceOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(talkWS(trackWS))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that a client hangs up is the point here
	server.StartTLS()
	defer server.Close()
	opts := client.Options{Transport: server.Client().Transport}
	if got, err := client.Announce(t.Context(), inWS(server.URL), announcement, opts); err != nil || got.Seeders != 1 {
		t.Errorf("got %+v, %v, want a reply", got, err)
	}
	if got, err := client.Announce(t.Context(), inWS(server.URL), announcement, client.Options{}); err == nil {
		t.Errorf("certificate of nobody: got %+v, want an error", got)
	}
}

func TestWSAnnounceSaysWhatItWasTold(t *testing.T) {
	const ids = `"action":"announce","info_hash":"\u00124Vx` + "\u009a" + `&?=%+ ABCDEFGHI","peer_id":"-SG0001-abcdefghijkl","offers":[]}`
	for _, row := range []struct {
		name   string
		change func(*client.Announcement)
		want   string
	}{
		{"as it is", func(*client.Announcement) {}, `{"numwant":50,"uploaded":1,"downloaded":2,"left":3,"event":"started",` + ids},
		{
			"numwant zero leaves it to the tracker", func(a *client.Announcement) { a.NumWant, a.Event = 0, bittorrent.None },
			`{"uploaded":1,"downloaded":2,"left":3,` + ids,
		},
		{
			"numwant below zero asks for none", func(a *client.Announcement) { a.NumWant, a.Left = -7, 0 },
			`{"numwant":0,"uploaded":1,"downloaded":2,"left":0,"event":"started",` + ids,
		},
		{
			"left unknown is null", func(a *client.Announcement) { a.Left, a.Event = 1<<64-1, bittorrent.Stopped },
			`{"numwant":50,"uploaded":1,"downloaded":2,"left":null,"event":"stopped",` + ids,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			said := make(chan string, 1)
			u := serveWS(t, "127.0.0.1", func(req *http.Request, data []byte) []string {
				said <- req.RequestURI + " " + req.UserAgent() + " " + req.Header.Get("Origin") + " " + string(data)
				return trackWS(req, data)
			})
			a := announcement
			row.change(&a)
			if _, err := client.Announce(t.Context(), u+"?passkey=x%2Fy#top", a, client.Options{UserAgent: "test/1"}); err != nil {
				t.Fatal(err)
			}
			if got, want := <-said, "/announce?passkey=x%2Fy test/1  "+row.want; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestWSReplyIsTheFirstOfItsSwarm(t *testing.T) {
	const signal = `"peer_id":"PPPPPPPPPPPPPPPPPPPP","offer_id":"OOOOOOOOOOOOOOOOOOOO"}`
	own := strings.TrimPrefix(wsReply[strings.Index(wsReply, `"info_hash"`):], "")
	own = `"action":"announce",` + strings.TrimSuffix(own, "}") + ","
	u := serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string {
		return []string{
			`{"offer":{"type":"offer","sdp":"x"},` + own + signal,
			`{"answer":{"type":"answer","sdp":"x"},` + own + signal,
			`{"offer":"relayed unread",` + own + signal,
			`{"answer":{},` + own + `"offer_id":7}`,
			`{"complete":9,"action":"announce","info_hash":"HHHHHHHHHHHHHHHHHHHH"}`,
			`{"failure reason":"of another","action":"announce","info_hash":"HHHHHHHHHHHHHHHHHHHH"}`,
			`{"action":"scrape","files":{}}`,
			strings.Replace(wsReply, "{", `{"min interval":60,"warning message":"old\u001b",`, 1),
			`{"complete":9,` + own + `"x":0}`,
		}
	})
	got, err := client.Announce(t.Context(), u, announcement, client.Options{})
	want := client.Reply{Seeders: 1, Leechers: 2, Interval: 2 * time.Minute, MinInterval: time.Minute, Warning: "old\x1b"}
	if diff := cmp.Diff(want, got, compareAddrs, cmp.Comparer(sameAddr)); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestWSScrapeAsks74SwarmsAMessageOverOneSocket(t *testing.T) {
	var hashes []bittorrent.InfoHash
	var want []client.ScrapeResult
	for i := range 150 {
		h := bittorrent.InfoHash{byte(i), 7, 9}
		hashes = append(hashes, h)
		want = append(want, client.ScrapeResult{InfoHash: h, Seeders: uint32(i), Completed: 7, Leechers: 9})
	}
	want[0] = client.ScrapeResult{InfoHash: hashes[0]} // which the tracker leaves out
	asked := make(chan string, 9)
	u := serveWS(t, "::1", func(req *http.Request, data []byte) []string {
		var m wsproto.Message
		err := wsproto.Parse(data, &m)
		asked <- fmt.Sprint(req.RemoteAddr, len(m.Hashes), err)
		return append([]string{wsReply}, trackWS(req, data)...)
	})
	got, err := client.Scrape(t.Context(), u, hashes, client.Options{})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	first := <-asked
	addr := strings.TrimSuffix(first, "74 <nil>")
	if second, third := <-asked, <-asked; len(asked) != 0 || first == addr || second != first || third != addr+"2 <nil>" {
		t.Errorf("got requests %s, %s, %s and %d more, want 74, 74 and 2 hashes over one socket", first, second, third, len(asked))
	}
}

func TestWSSocketsDoNotOutliveTheCall(t *testing.T) {
	gone := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			gone <- err
			return
		}
		defer conn.CloseNow()
		_, _, _ = conn.Read(req.Context())
		_ = conn.Write(req.Context(), websocket.MessageText, []byte(wsReply))
		_, _, err = conn.Read(req.Context())
		gone <- err
	}))
	defer server.Close()
	if _, err := client.Announce(t.Context(), inWS(server.URL), announcement, client.Options{}); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if err == nil {
			t.Error("got another message, want the socket closed")
		}
	case <-time.After(10 * time.Second):
		t.Error("got a socket that stays open, want it closed")
	}
}
