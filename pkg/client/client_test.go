package client_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

func TestTrackerURLsAreChecked(t *testing.T) {
	for trackerURL, want := range map[string]string{
		"":                                  `scheme "" is none of udp, http, https, ws, wss`,
		"ftp://tracker.example":             `scheme "ftp" is none of udp, http, https, ws, wss`,
		"tracker.example:80/announce":       `scheme "tracker.example" is none of`,
		"http:///announce":                  "no host",
		"ws:///announce":                    "no host",
		"udp://:6969":                       "no host",
		"udp://tracker.example/announce":    "udp has no default port; give one",
		"http://tracker.example:x/announce": `invalid port ":x" after host`,
		"http://[::1/announce":              "missing ']' in host",
	} {
		_, announced := client.Announce(t.Context(), trackerURL, announcement, client.Options{})
		_, scraped := client.Scrape(t.Context(), trackerURL, []bittorrent.InfoHash{hash}, client.Options{})
		for prefix, err := range map[string]error{"announce " + hash.String(): announced, "scrape": scraped} {
			if err == nil || !strings.HasPrefix(err.Error(), prefix+": tracker URL: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: got error %v, want %s: tracker URL: ... %s", trackerURL, err, prefix, want)
			}
		}
	}
}

func TestErrorsNameTheTrackerButNoPasskey(t *testing.T) {
	const secret = "p4ssk3y"
	redirecting := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, req.URL.Path+"?"+req.URL.RawQuery, http.StatusFound)
	})
	unreadable := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Location", "http://%zz"+req.URL.Path+"?"+req.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	})
	elsewhere := serveHTTP(t, "127.0.0.1", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Location", "p4ssk3y-ftp://192.0.2.1"+req.URL.Path)
		w.WriteHeader(http.StatusFound)
	})
	garbage := serveHTTP(t, "127.0.0.1", body("<html>"))
	missing := serveHTTP(t, "127.0.0.1", http.NotFound)
	for _, base := range []string{
		redirecting, unreadable, elsewhere, garbage, missing, "http://" + closedPort(t, "127.0.0.1"), "udp://" + closedPort(t, "127.0.0.1"),
		"http://192.0.2.1:x", "ftp://192.0.2.1", "ws://192.0.2.1:x", "ws://192.0.2.1:99999", "ws://" + closedPort(t, "127.0.0.1"),
		inWS(redirecting), inWS(unreadable), inWS(elsewhere), inWS(garbage), inWS(missing), "http://192.0.2.1:99999", "udp://192.0.2.1:99999", "udp://127.0.0.1:0",
	} {
		for _, path := range []string{"/" + secret + "/announce", "/announce?passkey=" + secret, "/announce/%zz" + secret} {
			_, announced := client.Announce(t.Context(), base+path, announcement, client.Options{})
			_, scraped := client.Scrape(t.Context(), base+path, []bittorrent.InfoHash{hash}, client.Options{})
			for _, err := range []error{announced, scraped} {
				if err == nil || strings.Contains(err.Error(), secret) {
					t.Errorf("%s: got error %v, want one without %s", base+path, err, secret)
				}
			}
		}
	}
}

func TestScrapeOfNothingIsAnError(t *testing.T) {
	_, err := client.Scrape(t.Context(), "udp://127.0.0.1:6969", nil, client.Options{})
	if err == nil || err.Error() != "scrape: no info hash is given" {
		t.Errorf("got error %v, want that no info hash is given", err)
	}
}

// The first rows are the examples of BEP 48, of which one is read differently: a slash in a query
// is nothing that a path is made of.
func TestScrapeURLsFollowBEP48(t *testing.T) {
	for announce, want := range map[string]string{
		"http://example.com/announce":           "http://example.com/scrape",
		"http://example.com/x/announce":         "http://example.com/x/scrape",
		"http://example.com/announce.php":       "http://example.com/scrape.php",
		"http://example.com/a":                  "",
		"http://example.com/announce?x2%0644":   "http://example.com/scrape?x2%0644",
		"http://example.com/announce?x=2/4":     "http://example.com/scrape?x=2/4",
		"http://example.com/x%064announce":      "",
		"http://example.com/announce/":          "http://example.com/scrape/",
		"http://example.com/announce/passkey":   "http://example.com/scrape/passkey",
		"http://example.com/announce/announce":  "http://example.com/announce/scrape",
		"http://example.com/a%2Fb/announce":     "http://example.com/a%2Fb/scrape",
		"http://example.com/a%20b/announce.php": "http://example.com/a%20b/scrape.php",
		"http://example.com/%61nnounce":         "",
		"http://example.com":                    "",
		"http://example.com/?/announce":         "",
		"http://announce/":                      "",
	} {
		u, err := url.Parse(announce)
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.ScrapeURL(u)
		switch {
		case want == "" && (err == nil || !strings.Contains(err.Error(), "BEP 48")):
			t.Errorf("%s: got %v, %v, want an error that names BEP 48", announce, got, err)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("%s: got %v, %v, want %s", announce, got, err, want)
		}
	}
}

func TestNetworkChoosesTheFamily(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		urls := []string{
			"udp://" + serveUDP(t, ip, wellBehaved).addr, serveHTTP(t, ip, trackHTTP) + "/announce", serveWS(t, ip, trackWS),
		}
		own := map[string]string{"127.0.0.1": "4", "::1": "6"}[ip]
		for _, network := range []string{"", "4", "6", "x"} {
			for _, u := range urls {
				t.Run(fmt.Sprintf("%.4s at %s over %q", u, ip, network), func(t *testing.T) {
					_, err := client.Announce(t.Context(), u, announcement, client.Options{Network: network, RetryAfter: time.Hour})
					if want := network == "" || network == own; (err == nil) != want {
						t.Errorf("got error %v, want an announce %v", err, want)
					}
				})
			}
		}
	}
}
