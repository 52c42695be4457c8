package httpproto_test

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

func numbered(n int) []bittorrent.InfoHash {
	hashes := make([]bittorrent.InfoHash, n)
	for i := range hashes {
		binary.BigEndian.PutUint32(hashes[i][8:], uint32(i)) // the rest are zeros, the longest when escaped
	}
	return hashes
}

func TestScrapeKeepsTheOrderOfTheQueryAndDuplicates(t *testing.T) {
	known := bittorrent.InfoHash{9}
	other := bittorrent.InfoHash([]byte("abcdefghijklmnopqrst"))
	got, err := httpproto.ParseScrape([]bittorrent.InfoHash{known},
		"passkey=%zz?info_hash=abcdefghijklmnopqrst&x&"+hashQuery+"&info_hash=abcdefghijklmnopqrst%00bcdefghijkl")
	want := []bittorrent.InfoHash{known, other, hash, other}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestScrapeReadsTheFirst74Hashes(t *testing.T) {
	hashes := numbered(80)
	for n, want := range map[int]int{1: 1, 73: 73, 74: 74, 75: 74, 80: 74} {
		got, err := httpproto.ParseScrape(hashes[:3:3], string(httpproto.AppendScrapeQuery(nil, hashes[:n])))
		if err != nil || !slices.Equal(got[3:], hashes[:want]) {
			t.Errorf("%d hashes: got %d and error %v, want the first %d", n, len(got)-3, err, want)
		}
	}
	malformed := string(httpproto.AppendScrapeQuery(nil, hashes[:74])) + "&info_hash=short"
	if got, err := httpproto.ParseScrape(nil, malformed); err != nil || len(got) != 74 {
		t.Errorf("74 hashes and a malformed one: got %d and error %v, want 74", len(got), err)
	}
}

func TestScrapeQueryOf80HashesFitsARequestHead(t *testing.T) {
	if got := len(httpproto.AppendScrapeQuery(nil, numbered(80))); got > 16<<10 {
		t.Errorf("got %d bytes, want at most 16 KiB", got)
	}
}

func TestScrapeRepliesAreGolden(t *testing.T) {
	file := func(first byte, complete, downloaded, incomplete uint32) httpproto.ScrapeFile {
		f := httpproto.ScrapeFile{Complete: complete, Downloaded: downloaded, Incomplete: incomplete}
		copy(f.InfoHash[:], strings.Repeat("a", 20))
		f.InfoHash[0] = first
		return f
	}
	one := file(0, 1, 2, 3)
	one.InfoHash = bittorrent.InfoHash([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x80\xffe:"))
	for _, row := range []struct {
		name    string
		files   []httpproto.ScrapeFile
		seconds uint32
	}{
		{"scrape-nothing", nil, 600},
		{"scrape-one", []httpproto.ScrapeFile{one}, 900},
		{"scrape-sorted", []httpproto.ScrapeFile{file(0xff, 4, 5, 6), file('a', 1, 2, 3), file(0, 0, 0, 0), file('a', 1, 2, 3)}, 900},
	} {
		t.Run(row.name, func(t *testing.T) {
			checkGolden(t, row.name, httpproto.AppendScrapeReply([]byte("kept"), row.files, row.seconds))
		})
	}
}

func TestRandomScrapeRepliesAreWhatALibraryWrites(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		files := make([]httpproto.ScrapeFile, rng.IntN(100))
		for i := range files {
			f := &files[i]
			for j := range f.InfoHash {
				f.InfoHash[j] = byte(rng.Uint32())
			}
			f.Complete, f.Downloaded, f.Incomplete = rng.Uint32(), rng.Uint32()>>16, rng.Uint32()>>31
		}
		if len(files) > 1 {
			files[0] = files[1]
		}
		dict := map[string]any{}
		for _, f := range files {
			dict[string(f.InfoHash[:])] = map[string]any{
				"complete": f.Complete, "downloaded": f.Downloaded, "incomplete": f.Incomplete,
			}
		}
		want := bencode.MustMarshal(map[string]any{
			"files": dict, "flags": map[string]any{"min_request_interval": 900},
		})
		if got := httpproto.AppendScrapeReply(nil, files, 900); string(got) != string(want) {
			t.Fatalf("%d files: got %q, want %q", len(files), got, want)
		}
	}
}
