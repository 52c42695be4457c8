package udpproto_test

import (
	"testing"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// What an allocation would be made for if a function lost its result to the heap.
var (
	sinkHeader  udpproto.Header
	sinkRequest udpproto.AnnounceRequest
	sinkReply   udpproto.AnnounceReply
	sinkBytes   []byte
	sinkID      uint64
)

func TestNothingAllocatesWithRoomInTheBuffer(t *testing.T) {
	var (
		out       = make([]byte, 0, 2048)
		hashes    = make([]bittorrent.InfoHash, 0, udpproto.MaxScrapeHashes)
		entries   = make([]udpproto.ScrapeEntry, 0, udpproto.MaxScrapeHashes)
		connect   = vector(t, "connect_request")
		connected = vector(t, "connect_reply")
		announce  = vector(t, "announce_request_url")
		announced = vector(t, "announce_reply_ipv4")
		scraped   = vector(t, "scrape_reply")
		scrape, _ = scrapeOf(udpproto.MaxScrapeHashes)
		asked     = udpproto.AppendScrapeHashes(nil, scrape)
		options   = announce[udpproto.AnnounceRequestLen:]
		text      = "bad passkey"
		urlData   = "/announce?passkey=0123456789abcdef"
	)
	for what, f := range map[string]func(){
		"ParseHeader":           func() { sinkHeader, _ = udpproto.ParseHeader(connect) },
		"AnnounceRequest.Parse": func() { sinkBytes, _ = sinkRequest.Parse(announce) },
		"AppendURLData":         func() { sinkBytes = udpproto.AppendURLData(out, options) },
		"AppendScrapeHashes":    func() { udpproto.AppendScrapeHashes(hashes, scrape) },

		"AppendConnectReply":   func() { sinkBytes = udpproto.AppendConnectReply(out, 1, testConnectionID) },
		"AnnounceReply.Append": func() { sinkBytes = sinkReply.Append(out) },
		"AppendScrapeReply":    func() { sinkBytes = udpproto.AppendScrapeReply(out, 1) },
		"AppendScrapeEntry":    func() { sinkBytes = udpproto.AppendScrapeEntry(out, udpproto.ScrapeEntry{Seeders: 1}) },
		"AppendError":          func() { sinkBytes = udpproto.AppendError(out, 1, text) },

		"AppendConnectRequest":   func() { sinkBytes = udpproto.AppendConnectRequest(out, 1) },
		"AnnounceRequest.Append": func() { sinkBytes = sinkRequest.Append(out) },
		"AppendURLOptions":       func() { sinkBytes = udpproto.AppendURLOptions(out, urlData) },
		"AppendScrapeRequest":    func() { sinkBytes = udpproto.AppendScrapeRequest(out, scrapeHeader, asked) },

		"ParseReplyHeader":    func() { sinkHeader.Action, _, _ = udpproto.ParseReplyHeader(connected) },
		"ParseConnectReply":   func() { sinkID, _ = udpproto.ParseConnectReply(connected) },
		"AnnounceReply.Parse": func() { sinkBytes, _ = sinkReply.Parse(announced) },
		"AppendScrapeEntries": func() { udpproto.AppendScrapeEntries(entries, scraped) },
	} {
		testutil.NoAllocs(t, what, f)
	}
}
