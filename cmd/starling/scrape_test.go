package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

const otherHashText = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// scrapesTo starts a tracker that knows the swarm of hashText.
func scrapesTo(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		hashes, err := httpproto.ParseScrape(nil, req.URL.RawQuery)
		if err != nil || req.URL.Path != "/scrape" {
			t.Errorf("got a request for %s: %v", req.RequestURI, err)
		}
		var files []httpproto.ScrapeFile
		for _, h := range hashes {
			if h.String() == hashText {
				files = append(files, httpproto.ScrapeFile{InfoHash: h, Complete: 1, Downloaded: 222, Incomplete: 33})
			}
		}
		_, _ = w.Write(httpproto.AppendScrapeReply(nil, files, 900))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/announce"
}

func TestScrapePrintsALineForEachSwarm(t *testing.T) {
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"text": {nil, "" +
			"info hash                                 seeders  leechers  completed\n" +
			otherHashText + "  0        0         0\n" +
			hashText + "  1        33        222\n"},
		"JSON": {[]string{"--json"}, "" +
			`{"info_hash":"` + otherHashText + `","seeders":0,"leechers":0,"completed":0}` + "\n" +
			`{"info_hash":"` + hashText + `","seeders":1,"leechers":33,"completed":222}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var cmd scrapeCmd
			if _, err := parseInto(t, &cmd, append([]string{scrapesTo(t), otherHashText, hashText}, row.args...)...); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := cmd.Run(t.Context(), &out); err != nil || out.String() != row.want {
				t.Errorf("got error %v and\n%swant\n%s", err, out.String(), row.want)
			}
		})
	}
}

func TestScrapePrintsNothingWhenRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(httpproto.Failure{Reason: "bad passkey"}.Append(nil))
	}))
	defer server.Close()
	var cmd scrapeCmd
	if _, err := parseInto(t, &cmd, server.URL+"/announce", hashText); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := cmd.Run(t.Context(), &out)
	if _, ok := errors.AsType[*client.FailureError](err); !ok || out.Len() != 0 {
		t.Errorf("got error %v and %q, want the refusal and nothing printed", err, out.String())
	}
}

func TestScrapeTakesItsFlags(t *testing.T) {
	var cmd scrapeCmd
	_, err := parseInto(t, &cmd, "udp://127.0.0.1:1", hashText, "--timeout=2s", "--network=6", "--json")
	if err != nil || cmd.options().Network != "6" || cmd.options().Timeout != 2*time.Second || !cmd.JSON {
		t.Errorf("got %+v, %v", cmd, err)
	}
	for _, args := range [][]string{{}, {"udp://127.0.0.1:1"}, {"udp://127.0.0.1:1", hashText, "12"}} {
		if _, err := parseInto(t, new(scrapeCmd), args...); err == nil {
			t.Errorf("%q: got no error, want one", args)
		}
	}
}

func TestScrapeHelpTellsWhatItPrints(t *testing.T) {
	help, _ := parseInto(t, new(scrapeCmd), "--help")
	flat := strings.Join(strings.Fields(help), " ")
	for _, want := range []string{"<URL> <INFOHASH> ...", "one object a line for each swarm", "Nothing changes in the swarms"} {
		if !strings.Contains(flat, want) {
			t.Errorf("got help\n%swant %q in it", help, want)
		}
	}
}
