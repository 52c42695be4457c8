package client_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// scrapeHandler tells of each swarm what its hash begins with, and leaves out the unknown.
func scrapeHandler(requests chan<- int) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/scrape" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		hashes, err := httpproto.ParseScrape(nil, req.URL.RawQuery)
		if err != nil {
			_, _ = w.Write(httpproto.Failure{Reason: err.Error()}.Append(nil))
			return
		}
		requests <- len(hashes)
		var files []httpproto.ScrapeFile
		for _, h := range hashes {
			if h[0] != 0 {
				files = append(files, httpproto.ScrapeFile{InfoHash: h, Complete: uint32(h[0]), Downloaded: 7, Incomplete: 9})
			}
		}
		_, _ = w.Write(httpproto.AppendScrapeReply(nil, files, 900))
	}
}

func TestHTTPScrapeAsks74SwarmsARequest(t *testing.T) {
	requests := make(chan int, 9)
	base := serveHTTP(t, "::1", scrapeHandler(requests))
	var hashes []bittorrent.InfoHash
	var want []client.ScrapeResult
	for i := range 150 {
		h := bittorrent.InfoHash{byte(i), 0xff}
		hashes = append(hashes, h)
		want = append(want, client.ScrapeResult{InfoHash: h, Seeders: uint32(i), Completed: 7, Leechers: 9})
	}
	want[0] = client.ScrapeResult{InfoHash: hashes[0]} // unknown, so zeros
	got, err := client.Scrape(t.Context(), base+"/announce?passkey=x", hashes, client.Options{})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	close(requests)
	var sizes []int
	for n := range requests {
		sizes = append(sizes, n)
	}
	if want := []int{74, 74, 2}; !slices.Equal(sizes, want) {
		t.Errorf("got requests for %v hashes, want %v", sizes, want)
	}
}
