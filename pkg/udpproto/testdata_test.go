package udpproto_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// vector reads a packet from testdata: hexadecimal bytes, and behind a # what they are. A number
// that begins such a comment is the offset of its line in the specification, and is checked.
func vector(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var packet []byte
	for lines := bufio.NewScanner(bytes.NewReader(file)); lines.Scan(); {
		digits, comment, _ := strings.Cut(lines.Text(), "#")
		if words := strings.Fields(comment); len(words) > 0 {
			if offset, err := strconv.Atoi(words[0]); err == nil && offset != len(packet) {
				t.Fatalf("%s: %q is at offset %d", name, lines.Text(), len(packet))
			}
		}
		if packet, err = hex.AppendDecode(packet, []byte(strings.Join(strings.Fields(digits), ""))); err != nil {
			t.Fatalf("%s: %q: %v", name, lines.Text(), err)
		}
	}
	return packet
}

// packets returns the vectors whose names begin with prefix, in the order of their names.
func packets(t testing.TB, prefix string) [][]byte {
	t.Helper()
	var names []string
	for name := range vectors {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	found := make([][]byte, len(names))
	for i, name := range names {
		found[i] = vector(t, name)
	}
	return found
}

const (
	testConnectionID = 0xf1e2d3c4b5a69788
	ipv4Peers        = "\xcb\x00\x71\x09\x1a\xe1" + "\xc6\x33\x64\xff\xff\xff"
	ipv6Peer         = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x1a\xe1"
)

var (
	hashA = bittorrent.InfoHash([]byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x10\x32\x54\x76"))
	hashB = bittorrent.InfoHash([]byte("\xff\xee\xdd\xcc\xbb\xaa\x99\x88\x77\x66\x55\x44\x33\x22\x11\x00\x67\x45\x23\x01"))

	// started is what announce_request.txt holds, completed what announce_request_url.txt does.
	started = udpproto.AnnounceRequest{
		Header:   udpproto.Header{ConnectionID: testConnectionID, Action: udpproto.ActionAnnounce, TransactionID: 0xc0ffee02},
		InfoHash: hashA, PeerID: bittorrent.PeerID([]byte("-SL0100-abcdefghijkl")),
		Downloaded: 4328719365, Left: 43135012110, Uploaded: 0xf000000000000001,
		Event: bittorrent.Started, IP: 0xcb007109, Key: 0xdeadbeef, NumWant: -1, Port: 6881,
	}
	completed = func() udpproto.AnnounceRequest {
		r := started
		r.Left, r.Event = 0, bittorrent.Completed
		return r
	}()
	scrapeHeader = udpproto.Header{ConnectionID: testConnectionID, Action: udpproto.ActionScrape, TransactionID: 0xc0ffee03}
)
