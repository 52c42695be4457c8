package httptracker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/httpproto"
)

// scraped is a decoded scrape.
type scraped struct {
	Files map[string]struct {
		Complete   int `bencode:"complete"`
		Downloaded int `bencode:"downloaded"`
		Incomplete int `bencode:"incomplete"`
	} `bencode:"files"`
	Flags struct {
		MinRequestInterval int `bencode:"min_request_interval"`
	} `bencode:"flags"`
}

func (l *live) scrape(target string) (s scraped) {
	l.t.Helper()
	l.mustDecode(l.getFrom(alice, target), &s)
	return s
}

func TestAScrapeByteForByte(t *testing.T) {
	l := start(t, nil)
	hash := testHash(t)
	l.announce(alice, "port=1&left=0")
	l.announce(bob, "port=1&left=0&event=completed")
	l.announce(bob, "port=2")
	l.announce(bob, "port=3")
	l.announce(carol, "port=4")
	l.announce(carol, "port=4&left=0")
	l.announce(carol, "port=4&event=stopped")
	l.announce(carol, "port=5")
	got := l.getFrom(alice, "/scrape?info_hash="+hashText).body
	want := "d5:filesd20:" + string(hash[:]) + "d8:completei2e10:downloadedi2e10:incompletei3eee" +
		"5:flagsd20:min_request_intervali900eee"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAScrapeIsSortedByRawHash(t *testing.T) {
	l := start(t, nil)
	high, low := strings.Repeat("%ff", 20), strings.Repeat("%01", 20)
	got := l.getFrom(alice, "/scrape?info_hash="+high+"&info_hash="+low+"&info_hash="+high).body
	zeros := "d8:completei0e10:downloadedi0e10:incompletei0ee"
	want := "d5:filesd20:" + strings.Repeat("\x01", 20) + zeros + "20:" + strings.Repeat("\xff", 20) + zeros +
		"e5:flagsd20:min_request_intervali900eee"
	if got != want {
		t.Errorf("got %q, want unknown hashes with zeros, in order, each once: %q", got, want)
	}
}

func TestAScrapeOf80HashesFitsAndIsAnsweredFor74(t *testing.T) {
	l := start(t, nil)
	var query strings.Builder
	for n := range 80 {
		fmt.Fprintf(&query, "&info_hash=%s%%%02x%%%02x", strings.Repeat("%ee", 18), n/256, n%256)
	}
	got := l.scrape("/scrape?" + query.String()[1:])
	if len(got.Files) != httpproto.MaxScrapeHashes || got.Flags.MinRequestInterval != 900 {
		t.Errorf("got %d files, flags %+v, want %d and 900 s", len(got.Files), got.Flags, httpproto.MaxScrapeHashes)
	}
	if got := l.scrape("/scrape?x=y" + query.String()); len(got.Files) != httpproto.MaxScrapeHashes {
		t.Errorf("with another parameter: got %d files", len(got.Files))
	}
}

func TestTheScrapePathIsTheAnnouncePathWithItsLastAnnounceReplaced(t *testing.T) {
	l := start(t, nil)
	l.announce(alice, "port=1")
	hash := testHash(t)
	for _, path := range []string{"/scrape", "/scrape/", "//scrape", "/scrape.php", "/announce/scrape", "/pass/key/scrape"} {
		got := l.scrape(path + "?info_hash=" + hashText)
		if got.Files[string(hash[:])].Incomplete != 1 {
			t.Errorf("%s: got %+v, want one leecher", path, got)
		}
	}
}
