package udpproto_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// rest is what is behind the fixed part of a packet, legible in a failure.
type rest string

func (r rest) String() string { return strconv.Quote(string(r)) }

// What a packet of each kind reads as.
type (
	announceRequest struct {
		udpproto.AnnounceRequest
		Options rest
		ok      bool
	}
	announceReply struct {
		udpproto.AnnounceReply
		Peers rest
		ok    bool
	}
	scrapeRequest struct {
		header udpproto.Header
		hashes [3]bittorrent.InfoHash
	}
	connectReply struct {
		connectionID uint64
		ok           bool
	}
)

func readAnnounceRequest(packet []byte) any {
	var r udpproto.AnnounceRequest
	options, ok := r.Parse(packet)
	return announceRequest{r, rest(options), ok}
}

func readAnnounceReply(packet []byte) any {
	var r udpproto.AnnounceReply
	peers, ok := r.Parse(packet)
	return announceReply{r, rest(peers), ok}
}

func readURLData(options []byte) any { return string(udpproto.AppendURLData(nil, options)) }

var vectors = map[string]struct {
	read  func(packet []byte) any
	want  any
	write func(dst []byte) []byte // nil where we write another packet of the same meaning
}{
	"connect_request": {
		read: func(packet []byte) any { h, _ := udpproto.ParseHeader(packet); return h },
		want: udpproto.Header{ConnectionID: udpproto.ProtocolID, Action: udpproto.ActionConnect, TransactionID: 0xc0ffee01},
		write: func(dst []byte) []byte {
			return udpproto.AppendConnectRequest(dst, 0xc0ffee01)
		},
	},
	"connect_reply": {
		read: func(packet []byte) any { id, ok := udpproto.ParseConnectReply(packet); return connectReply{id, ok} },
		want: connectReply{testConnectionID, true},
		write: func(dst []byte) []byte {
			return udpproto.AppendConnectReply(dst, 0xc0ffee01, testConnectionID)
		},
	},
	"announce_request": {
		read:  readAnnounceRequest,
		want:  announceRequest{started, "", true},
		write: started.Append,
	},
	"announce_request_url": {
		read: readAnnounceRequest,
		want: announceRequest{completed, "\x02\x06/a?b=1\x00", true},
		write: func(dst []byte) []byte {
			return udpproto.AppendURLOptions(completed.Append(dst), "/a?b=1")
		},
	},
	"announce_reply_ipv4": {
		read: readAnnounceReply,
		want: announceReply{udpproto.AnnounceReply{TransactionID: 0xc0ffee02, Interval: 1800, Leechers: 3, Seeders: 65538}, ipv4Peers, true},
		write: func(dst []byte) []byte {
			r := udpproto.AnnounceReply{TransactionID: 0xc0ffee02, Interval: 1800, Leechers: 3, Seeders: 65538}
			return append(r.Append(dst), ipv4Peers...)
		},
	},
	"announce_reply_ipv6": {
		read: readAnnounceReply,
		want: announceReply{udpproto.AnnounceReply{TransactionID: 0xc0ffee02, Interval: 1800, Seeders: 1}, ipv6Peer, true},
		write: func(dst []byte) []byte {
			r := udpproto.AnnounceReply{TransactionID: 0xc0ffee02, Interval: 1800, Seeders: 1}
			return append(r.Append(dst), ipv6Peer...)
		},
	},
	"scrape_request": {
		read: func(packet []byte) any {
			h, _ := udpproto.ParseHeader(packet)
			return scrapeRequest{h, [3]bittorrent.InfoHash(udpproto.AppendScrapeHashes(nil, packet))}
		},
		want: scrapeRequest{scrapeHeader, [3]bittorrent.InfoHash{hashA, hashB, hashA}},
		write: func(dst []byte) []byte {
			return udpproto.AppendScrapeRequest(dst, scrapeHeader, []bittorrent.InfoHash{hashA, hashB, hashA})
		},
	},
	"scrape_reply": {
		read: func(packet []byte) any { return [3]udpproto.ScrapeEntry(udpproto.AppendScrapeEntries(nil, packet)) },
		want: [3]udpproto.ScrapeEntry{{Seeders: 5, Completed: 1234, Leechers: 7}, {}, {Seeders: 5, Completed: 1234, Leechers: 7}},
		write: func(dst []byte) []byte {
			known := udpproto.ScrapeEntry{Seeders: 5, Completed: 1234, Leechers: 7}
			dst = udpproto.AppendScrapeReply(dst, 0xc0ffee03)
			dst = udpproto.AppendScrapeEntry(dst, known)
			dst = udpproto.AppendScrapeEntry(dst, udpproto.ScrapeEntry{})
			return udpproto.AppendScrapeEntry(dst, known)
		},
	},
	"error_reply": {
		read:  func(packet []byte) any { return udpproto.ErrorText(packet) },
		want:  "bad passkey",
		write: func(dst []byte) []byte { return udpproto.AppendError(dst, 0xc0ffee04, "bad passkey") },
	},
	"error_reply_nul":    {read: func(packet []byte) any { return udpproto.ErrorText(packet) }, want: "bad id."},
	"options_url":        {read: readURLData, want: "/dir?a=b&c=d"},
	"options_url_padded": {read: readURLData, want: "/dir?a=b&c=d"},
	"options_url_empty":  {read: readURLData, want: ""},
}

func TestVectorsReadAsTheSpecificationsSay(t *testing.T) {
	for name, v := range vectors {
		t.Run(name, func(t *testing.T) {
			if got := v.read(vector(t, name)); got != v.want {
				t.Errorf("got  %+v\nwant %+v", got, v.want)
			}
		})
	}
}

func TestVectorsAreWrittenByteForByteBehindWhatTheBufferHolds(t *testing.T) {
	for name, v := range vectors {
		if v.write == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			want := "kept" + string(vector(t, name))
			if got := v.write([]byte("kept")); string(got) != want {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestEveryVectorIsRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := vectors[strings.TrimSuffix(filepath.Base(file), ".txt")]; !ok {
			t.Errorf("no test reads %s", file)
		}
	}
	if len(files) != len(vectors) {
		t.Errorf("got %d files, want %d", len(files), len(vectors))
	}
}
