package httpproto_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// Queries in the shape of well-known clients: which parameters, in which order, escaped how far.
var clientQueries = map[string]string{
	"qBittorrent":  "info_hash=%124Vx%9a%bc%de%f1%23Eg%89%ab%cd%ef%124Vx%9a&peer_id=-qB4650-9Zk~FT(xgf3l&port=28617&uploaded=0&downloaded=0&left=4700372992&corrupt=0&key=5D1B8A3C&event=started&numwant=200&compact=1&no_peer_id=1&supportcrypto=1&redundant=0",
	"Transmission": "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-TR4060-abcdefghijkl&port=51413&uploaded=0&downloaded=0&left=4700372992&numwant=80&key=1964037B&compact=1&supportcrypto=1&event=started&ipv6=2001%3Adb8%3A%3A1",
	"aria2":        "info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=A2-1-36-0-%9D%B5%A6%F0%C9%13%0C%04%EE%BB&uploaded=0&downloaded=0&left=4700372992&compact=1&key=A2-1-36-0&numwant=50&no_peer_id=1&port=6950&event=started&supportcrypto=1",
}

func TestReadingAllocatesNothing(t *testing.T) {
	for name, query := range clientQueries {
		var r httpproto.AnnounceRequest
		testutil.NoAllocs(t, name, func() {
			if err := r.Parse(query); err != nil {
				t.Error(err)
			}
		})
	}
	hashes := make([]bittorrent.InfoHash, 0, httpproto.MaxScrapeHashes)
	scrape := string(httpproto.AppendScrapeQuery(nil, numbered(80)))
	testutil.NoAllocs(t, "scrape", func() {
		if _, err := httpproto.ParseScrape(hashes, scrape); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusingAllocatesNothing(t *testing.T) {
	reply := make([]byte, 0, 1024)
	for _, row := range refusals {
		var r httpproto.AnnounceRequest
		testutil.NoAllocs(t, row.name, func() {
			err := r.Parse(row.query)
			reply = httpproto.Failure{Reason: err.Error(), RetryIn: 1}.Append(reply[:0])
		})
	}
	var r httpproto.AnnounceRequest
	for _, text := range literals {
		hostile := query + "&ip=" + text + "%"
		testutil.NoAllocs(t, hostile, func() {
			if err := r.Parse(hostile); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAppendingAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 32<<10)
	r := reply(50)
	files := make([]httpproto.ScrapeFile, httpproto.MaxScrapeHashes)
	var q httpproto.AnnounceRequest
	if err := q.Parse(clientQueries["Transmission"]); err != nil {
		t.Fatal(err)
	}
	hashes := numbered(74)
	for what, f := range map[string]func(){
		"compact reply":  func() { r.Append(dst) },
		"expanded reply": func() { r.AppendExpanded(dst) },
		"scrape reply": func() {
			for i, h := range hashes {
				files[len(files)-1-i].InfoHash = h
			}
			httpproto.AppendScrapeReply(dst, files, 900)
		},
		"announce query": func() { q.AppendQuery(dst) },
		"scrape query":   func() { httpproto.AppendScrapeQuery(dst, hashes) },
	} {
		testutil.NoAllocs(t, what, f)
	}
}

func reply(peers int) *httpproto.AnnounceReply {
	return &httpproto.AnnounceReply{
		Complete: 123, Incomplete: 45, ExternalIP: netip.MustParseAddr("203.0.113.9"),
		Interval: 1800, MinInterval: 900, Peers: make([]byte, 6*peers),
	}
}

func BenchmarkAnnounceParse(b *testing.B) {
	for name, query := range clientQueries {
		b.Run(name, func(b *testing.B) {
			var r httpproto.AnnounceRequest
			b.ReportAllocs()
			for b.Loop() {
				if err := r.Parse(query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAnnounceReply(b *testing.B) {
	dst := make([]byte, 0, 16<<10)
	for _, peers := range []int{0, 50, 200} {
		r := reply(peers)
		b.Run(fmt.Sprintf("compact/%d", peers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Append(dst)
			}
		})
		b.Run(fmt.Sprintf("library/%d", peers), func(b *testing.B) { // what the compact reply costs with bencode
			b.ReportAllocs()
			dict := struct {
				Complete    uint32 `bencode:"complete"`
				ExternalIP  []byte `bencode:"external ip"`
				Incomplete  uint32 `bencode:"incomplete"`
				Interval    uint32 `bencode:"interval"`
				MinInterval uint32 `bencode:"min interval"`
				Peers       []byte `bencode:"peers"`
			}{r.Complete, r.ExternalIP.AsSlice(), r.Incomplete, r.Interval, r.MinInterval, r.Peers}
			for b.Loop() {
				bencode.MustMarshal(dict)
			}
		})
		b.Run(fmt.Sprintf("expanded/%d", peers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.AppendExpanded(dst)
			}
		})
	}
}

func BenchmarkScrape(b *testing.B) {
	query := string(httpproto.AppendScrapeQuery(nil, numbered(74)))
	hashes := make([]bittorrent.InfoHash, 0, 74)
	files := make([]httpproto.ScrapeFile, 74)
	dst := make([]byte, 0, 16<<10)
	b.ReportAllocs()
	for b.Loop() {
		hashes, _ = httpproto.ParseScrape(hashes[:0], query)
		for i, h := range hashes {
			files[i].InfoHash = h
		}
		httpproto.AppendScrapeReply(dst, files, 900)
	}
}
