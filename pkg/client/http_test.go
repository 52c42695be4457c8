package client_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// trackHTTP is how a tracker answers announces: with peers of both families.
func trackHTTP(w http.ResponseWriter, req *http.Request) {
	var r httpproto.AnnounceRequest
	if err := r.Parse(req.URL.RawQuery); err != nil {
		_, _ = w.Write(httpproto.Failure{Reason: err.Error(), RetryIn: 30}.Append(nil))
		return
	}
	reply := httpproto.AnnounceReply{
		Complete: 1, Incomplete: 2, Interval: 1800, MinInterval: 900,
		ExternalIP: netip.MustParseAddrPort(req.RemoteAddr).Addr(),
		Peers:      compact(peers4), Peers6: compact(peers6),
	}
	_, _ = w.Write(reply.Append(nil))
}

func TestHTTPAnnounceInBothFamilies(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		got, err := client.Announce(t.Context(), serveHTTP(t, ip, trackHTTP)+"/announce", announcement, client.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := client.Reply{
			Seeders: 1, Leechers: 2, Interval: 30 * time.Minute, MinInterval: 15 * time.Minute,
			Peers: slices.Concat(peers4, peers6), ExternalIP: netip.MustParseAddr(ip),
		}
		if diff := cmp.Diff(want, got, compareAddrs, cmp.Comparer(sameAddr)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", ip, diff)
		}
	}
}

func TestHTTPAnnounceOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(trackHTTP))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that a client hangs up is the point here
	server.StartTLS()
	defer server.Close()
	opts := client.Options{Transport: server.Client().Transport}
	if got, err := client.Announce(t.Context(), server.URL+"/announce", announcement, opts); err != nil || got.Seeders != 1 {
		t.Errorf("got %+v, %v, want a reply", got, err)
	}
	if got, err := client.Announce(t.Context(), server.URL+"/announce", announcement, client.Options{}); err == nil {
		t.Errorf("certificate of nobody: got %+v, want an error", got)
	}
}

func TestHTTPAnnounceSaysWhatItWasTold(t *testing.T) {
	const query = "info_hash=%124Vx%9A%26%3F%3D%25%2B%20ABCDEFGHI&peer_id=-SG0001-abcdefghijkl" +
		"&port=6881&uploaded=1&downloaded=2"
	for _, row := range []struct {
		name, path string
		change     func(*client.Announcement)
		want       string
	}{
		{"as it is", "/announce", func(*client.Announcement) {}, "/announce?" + query + "&left=3&compact=1&numwant=50&event=started"},
		{
			"behind a query that is there", "/a%20b/announce.php?passkey=x%2Fy#top", func(*client.Announcement) {},
			"/a%20b/announce.php?passkey=x%2Fy&" + query + "&left=3&compact=1&numwant=50&event=started",
		},
		{
			"numwant zero leaves it to the tracker", "/announce", func(a *client.Announcement) { a.NumWant, a.Event = 0, bittorrent.None },
			"/announce?" + query + "&left=3&compact=1",
		},
		{
			"numwant below zero asks for none", "/announce", func(a *client.Announcement) { a.NumWant, a.Event = -1, bittorrent.Stopped },
			"/announce?" + query + "&left=3&compact=1&numwant=0&event=stopped",
		},
		{
			"left unknown fits a signed number", "", func(a *client.Announcement) { a.Left, a.Event = 1<<64-1, bittorrent.Completed },
			"/?" + query + "&left=9223372036854775807&compact=1&numwant=50&event=completed",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			requests := make(chan *http.Request, 1)
			base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
				requests <- req
				trackHTTP(w, req)
			})
			a := announcement
			row.change(&a)
			if _, err := client.Announce(t.Context(), base+row.path, a, client.Options{UserAgent: "test/1"}); err != nil {
				t.Fatal(err)
			}
			req := <-requests
			if req.RequestURI != row.want || req.UserAgent() != "test/1" || req.Method != http.MethodGet {
				t.Errorf("got %s %s of %s,\nwant GET %s of test/1", req.Method, req.RequestURI, req.UserAgent(), row.want)
			}
		})
	}
}

func TestHTTPConnectionsDoNotOutliveTheCall(t *testing.T) {
	closed := make(chan struct{}, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(trackHTTP))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	defer server.Close()
	if _, err := client.Announce(t.Context(), server.URL+"/announce", announcement, client.Options{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Error("got a connection that stays open, want it closed")
	}
}

func TestHTTPRedirectionsAreFollowed(t *testing.T) {
	base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/announce" {
			http.Redirect(w, req, "/elsewhere?"+req.URL.RawQuery, http.StatusFound)
			return
		}
		trackHTTP(w, req)
	})
	if got, err := client.Announce(t.Context(), base+"/announce", announcement, client.Options{}); err != nil || got.Seeders != 1 {
		t.Errorf("got %+v, %v, want a reply", got, err)
	}
}

func TestARedirectionTellsNobodyWhenceItCame(t *testing.T) {
	referers := make(chan string, 1)
	other := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		referers <- req.Header.Get("Referer")
		trackHTTP(w, req)
	})
	base := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, other+"/elsewhere?"+req.URL.RawQuery, http.StatusFound)
	})
	if _, err := client.Announce(t.Context(), base+"/p4ssk3y/announce", announcement, client.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := <-referers; got != "" {
		t.Errorf("got referer %q, want none", got)
	}
}
