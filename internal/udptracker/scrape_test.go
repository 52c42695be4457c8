package udptracker_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// hashes returns so many info hashes, and makes the n-th swarm one of n%5 leechers.
func (n *node) hashes(t testing.TB, count int) (hashes []bittorrent.InfoHash, want []udpproto.ScrapeEntry) {
	t.Helper()
	for i := range count {
		h := bittorrent.InfoHash{0: byte(i), 1: byte(255 - i), 19: 1}
		n.fill(t, h, i%5, 0)
		hashes = append(hashes, h)
		want = append(want, udpproto.ScrapeEntry{Leechers: uint32(i % 5)})
	}
	return hashes, want
}

func TestAScrapeIsAnsweredByteForByteAsBEP15Says(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		n.fill(t, hashA, 5, 2)
		a := swarm.Announce{
			InfoHash: hashA, Peer: swarm.TCPPeer(n.network.peer(4)), Seeder: true, Event: bittorrent.Completed,
		}
		if _, err := n.store.Announce(t.Context(), a, new(swarm.Peers)); err != nil {
			t.Fatal(err)
		}
		c := n.connected(t)
		request := binary.BigEndian.AppendUint64(nil, c.connectionID)
		request = append(request, "\x00\x00\x00\x02"+"\xc0\xff\xee\x03"...)
		request = append(request, hashA[:]...)
		const want = "\x00\x00\x00\x02" + "\xc0\xff\xee\x03" +
			"\x00\x00\x00\x03" + "\x00\x00\x00\x01" + "\x00\x00\x00\x02" // seeders, completed, leechers
		if got := c.ask(request); string(got) != want {
			t.Errorf("got  %x\nwant %x", got, want)
		}
		if got := n.value(t, "starling_scrapes_total", "udp"); got != 1 {
			t.Errorf("got %v scrapes counted, want 1", got)
		}
	})
}

func TestScrapeRepliesAreInTheOrderOfTheRequestWithItsDuplicates(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		hashes, entries := n.hashes(t, 5)
		c := n.connected(t)
		var ask []bittorrent.InfoHash
		var want []udpproto.ScrapeEntry
		for _, i := range []int{3, 1, 4, 1, 0, 2, 3, 3} {
			ask, want = append(ask, hashes[i]), append(want, entries[i])
		}
		if got := c.scrape(ask...); !slices.Equal(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	})
}

func TestAScrapeIsOf74SwarmsAtMost(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		hashes, want := n.hashes(t, 200)
		c := n.connected(t)
		for _, count := range []int{1, 73, 74, 75, 99, 200} {
			if got := c.scrape(hashes[:count]...); !slices.Equal(got, want[:min(count, 74)]) {
				t.Errorf("%d hashes: got %d entries %v, want %d, %v", count, len(got), got, min(count, 74), want[:min(count, 74)])
			}
		}
	})
}

func TestATailThatIsNoHashIsIgnored(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		hashes, want := n.hashes(t, 3)
		c := n.connected(t)
		for tail := range 20 {
			reply := c.ask(append(c.scrapeRequest(hashes...), make([]byte, tail)...))
			c.isMine(reply, udpproto.ActionScrape)
			if got := udpproto.AppendScrapeEntries(nil, reply); !slices.Equal(got, want) || len(reply) != 8+3*12 {
				t.Errorf("tail of %d bytes: got %v in %d bytes, want %v", tail, got, len(reply), want)
			}
		}
	})
}

func TestAScrapeOfNothingGets8Bytes(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		for tail := range 20 {
			reply := c.ask(append(c.scrapeRequest(), make([]byte, tail)...))
			if c.isMine(reply, udpproto.ActionScrape); len(reply) != 8 {
				t.Errorf("tail of %d bytes: got %x, want 8 bytes", tail, reply)
			}
		}
	})
}

func TestScrapeRepliesFitTheirBytes(t *testing.T) {
	everywhere(t, setup{opts: udptracker.Options{MaxReply: 548}}, func(t *testing.T, n *node) {
		hashes, want := n.hashes(t, 74)
		c := n.connected(t)
		for _, count := range []int{44, 45, 46, 74} {
			reply := c.ask(c.scrapeRequest(hashes[:count]...))
			c.isMine(reply, udpproto.ActionScrape)
			fit := min(count, 45)
			if got := udpproto.AppendScrapeEntries(nil, reply); !slices.Equal(got, want[:fit]) || len(reply) != 8+12*fit {
				t.Errorf("%d hashes: got %d entries in %d bytes, want %d in 548 at most", count, len(got), len(reply), fit)
			}
		}
	})
}

func TestScrapesOfUnknownSwarmsAreZerosAndMakeNone(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.connected(t)
		reply := c.ask(c.scrapeRequest(hashA, hashB))
		if c.isMine(reply, udpproto.ActionScrape); !bytes.Equal(reply[8:], make([]byte, 24)) {
			t.Errorf("got %x, want zeros", reply[8:])
		}
		if got := n.value(t, "starling_swarms", n.network.family.String()); got != 0 {
			t.Errorf("got %v swarms, want 0", got)
		}
	})
}

func TestScrapesThatComeTogetherGetWhatEachAskedFor(t *testing.T) {
	n := start(t, setup{opts: udptracker.Options{MaxReply: 548}})
	hashes, want := n.hashes(t, 74)
	c := n.connected(t)
	counts := []int{3, 0, 74, 1, 45}
	var packets [][]byte
	for i, count := range counts {
		packets = append(packets, c.scrapeRequest(hashes[i:min(i+count, len(hashes))]...))
	}
	from := c.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	for i, reply := range n.Together(t.Context(), packets, from) {
		last := min(i+min(counts[i], 45), len(want))
		if got := udpproto.AppendScrapeEntries(nil, reply); !slices.Equal(got, want[i:last]) {
			t.Errorf("scrape %d: got %v, want %v", i, got, want[i:last])
		}
	}
}
