package udpproto_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// scrapeOf returns a scrape of n swarms, each with a hash of its own, and the hashes.
func scrapeOf(n int) (packet []byte, hashes []bittorrent.InfoHash) {
	hashes = make([]bittorrent.InfoHash, n)
	for i := range hashes {
		hashes[i] = bittorrent.InfoHash{0: byte(i), 19: 0xff - byte(i)}
	}
	return udpproto.AppendScrapeRequest(nil, scrapeHeader, hashes), hashes
}

func TestScrapesAreReadUpTo74HashesInTheirOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 73, 74, 75, 80, 3000} {
		packet, hashes := scrapeOf(n)
		want := hashes[:min(n, 74)]
		if got := udpproto.AppendScrapeHashes(nil, packet); !slices.Equal(got, want) {
			t.Errorf("%d hashes: got %v, want %v", n, got, want)
		}
	}
}

func TestDuplicateHashesAreAllRead(t *testing.T) {
	want := []bittorrent.InfoHash{hashA, hashA, hashB, hashA}
	packet := udpproto.AppendScrapeRequest(nil, scrapeHeader, want)
	if got := udpproto.AppendScrapeHashes(nil, packet); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAnIncompleteHashAtTheEndOfAScrapeIsIgnored(t *testing.T) {
	packet, hashes := scrapeOf(3)
	for length := range packet {
		want := hashes[:max(0, length-16)/20]
		if got := udpproto.AppendScrapeHashes(nil, packet[:length]); !slices.Equal(got, want) {
			t.Errorf("%d bytes: got %v, want %v", length, got, want)
		}
	}
}

func TestTheLimitOfHashesIsOfThePacketNotOfTheSlice(t *testing.T) {
	packet, hashes := scrapeOf(udpproto.MaxScrapeHashes)
	got := udpproto.AppendScrapeHashes(slices.Clone(hashes), packet)
	if want := slices.Concat(hashes, hashes); !slices.Equal(got, want) {
		t.Errorf("got %d hashes %v, want %d: what was there and what was read", len(got), got, len(want))
	}
}

func TestAScrapeIsWrittenAsOneWhateverItsAction(t *testing.T) {
	h := scrapeHeader
	h.Action = udpproto.ActionConnect
	want := vector(t, "scrape_request")
	if got := udpproto.AppendScrapeRequest(nil, h, []bittorrent.InfoHash{hashA, hashB, hashA}); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

func TestAScrapeOfNothingIsAnsweredWithEightBytes(t *testing.T) {
	got := udpproto.AppendScrapeReply(nil, 0xc0ffee03)
	if want := "\x00\x00\x00\x02\xc0\xff\xee\x03"; string(got) != want {
		t.Errorf("got %x, want %x", got, want)
	}
	if entries := udpproto.AppendScrapeEntries(nil, got); len(entries) != 0 {
		t.Errorf("reads back as %v, want no entries", entries)
	}
}

func TestAnIncompleteEntryAtTheEndOfAScrapeReplyIsIgnored(t *testing.T) {
	packet := vector(t, "scrape_reply")
	whole := udpproto.AppendScrapeEntries(nil, packet)
	kept := udpproto.ScrapeEntry{Seeders: 1, Completed: 2, Leechers: 3}
	for length := range packet {
		want := append([]udpproto.ScrapeEntry{kept}, whole[:max(0, length-8)/12]...)
		if got := udpproto.AppendScrapeEntries([]udpproto.ScrapeEntry{kept}, packet[:length]); !slices.Equal(got, want) {
			t.Errorf("%d bytes: got %v, want %v", length, got, want)
		}
	}
}

// The other replies have room for more peers than a client asks for; this one has to fit whole.
func TestTheLongestScrapeReplyFitsTheSmallestDatagram(t *testing.T) {
	reply := udpproto.AppendScrapeReply(nil, 1)
	for range udpproto.MaxScrapeHashes {
		reply = udpproto.AppendScrapeEntry(reply, udpproto.ScrapeEntry{})
	}
	if got, most := len(reply), 1232; got > most {
		t.Errorf("got %d bytes, want at most %d", got, most)
	}
}
