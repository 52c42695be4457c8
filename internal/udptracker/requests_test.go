package udptracker_test

import (
	"net/netip"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

var (
	hashA = bittorrent.InfoHash([]byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff+%20"))
	hashB = bittorrent.InfoHash([]byte("bbbbbbbbbbbbbbbbbbbb"))
)

// announcement is what a leecher of h announces that listens on port 6881.
func (c *client) announcement(h bittorrent.InfoHash) udpproto.AnnounceRequest {
	return udpproto.AnnounceRequest{
		Header: c.header(), InfoHash: h, PeerID: bittorrent.PeerID([]byte("-SL0100-abcdefghijkl")),
		Left: 1, NumWant: -1, Port: 6881,
	}
}

// A list is the reply to an announce.
type list struct {
	udpproto.AnnounceReply
	peers []netip.AddrPort
}

// announce sends r with options behind it, and reads the reply.
func (c *client) announce(r udpproto.AnnounceRequest, options ...byte) (got list) {
	c.Helper()
	reply := c.ask(append(r.Append(nil), options...))
	c.isMine(reply, udpproto.ActionAnnounce)
	peers, _ := got.Parse(reply)
	size := map[swarm.Family]int{swarm.IPv4: 4, swarm.IPv6: 16}[c.family]
	for ; len(peers) > 0; peers = peers[size+2:] {
		if len(peers) < size+2 {
			c.Fatalf("got %d bytes after the last peer, want none", len(peers))
		}
		ip, _ := netip.AddrFromSlice(peers[:size])
		got.peers = append(got.peers, netip.AddrPortFrom(ip, uint16(peers[size])<<8|uint16(peers[size+1])))
	}
	return got
}

// scrapeRequest asks about the swarms.
func (c *client) scrapeRequest(hashes ...bittorrent.InfoHash) []byte {
	return udpproto.AppendScrapeRequest(nil, c.header(), hashes)
}

func (c *client) scrape(hashes ...bittorrent.InfoHash) []udpproto.ScrapeEntry {
	c.Helper()
	reply := c.ask(c.scrapeRequest(hashes...))
	c.isMine(reply, udpproto.ActionScrape)
	return udpproto.AppendScrapeEntries(nil, reply)
}
