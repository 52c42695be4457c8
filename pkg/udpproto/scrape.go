package udpproto

import (
	"encoding/binary"
	"slices"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// AppendScrapeHashes appends the info hashes that a scrape request asks about: in its order and
// with its duplicates, because the reply is matched to it by position alone. It reads at most
// MaxScrapeHashes of them, and a part of a hash at the end is ignored.
func AppendScrapeHashes(dst []bittorrent.InfoHash, packet []byte) []bittorrent.InfoHash {
	if len(packet) < headerLen {
		return dst
	}
	hashes := packet[headerLen:]
	n, kept := min(len(hashes)/hashLen, MaxScrapeHashes), len(dst)
	dst = slices.Grow(dst, n)[:kept+n] // at once: an append for each hash takes three times as long
	for i := range n {
		dst[kept+i] = bittorrent.InfoHash(hashes[i*hashLen:])
	}
	return dst
}

// AppendScrapeRequest asks about hashes, as a scrape whatever h.Action says. All of them are
// written: keeping to MaxScrapeHashes a packet is the caller's care.
func AppendScrapeRequest(dst []byte, h Header, hashes []bittorrent.InfoHash) []byte {
	dst = appendHeader(dst, Header{h.ConnectionID, ActionScrape, h.TransactionID})
	for i := range hashes {
		dst = append(dst, hashes[i][:]...)
	}
	return dst
}

// A ScrapeEntry holds the counts of one swarm. Completed is how often a download of it has ended.
type ScrapeEntry struct {
	Seeders, Completed, Leechers uint32
}

// AppendScrapeReply begins the answer to a scrape. An entry for each hash follows, in the order of
// the request; without one this is the whole answer.
func AppendScrapeReply(dst []byte, transactionID uint32) []byte {
	return appendReplyHeader(dst, ActionScrape, transactionID)
}

// AppendScrapeEntry writes the counts of the next swarm.
func AppendScrapeEntry(dst []byte, e ScrapeEntry) []byte {
	dst = binary.BigEndian.AppendUint32(dst, e.Seeders)
	dst = binary.BigEndian.AppendUint32(dst, e.Completed)
	return binary.BigEndian.AppendUint32(dst, e.Leechers)
}

// AppendScrapeEntries appends what a scrape reply holds: of packets that are too short or another
// kind of reply nothing, and never a part of an entry. There may be fewer entries than hashes were
// asked about, or more.
func AppendScrapeEntries(dst []ScrapeEntry, packet []byte) []ScrapeEntry {
	if !isReply(packet, ActionScrape, replyHeaderLen) {
		return dst
	}
	for b := packet[replyHeaderLen:]; len(b) >= ScrapeEntryLen; b = b[ScrapeEntryLen:] {
		dst = append(dst, ScrapeEntry{
			Seeders:   binary.BigEndian.Uint32(b[0:4]),
			Completed: binary.BigEndian.Uint32(b[4:8]),
			Leechers:  binary.BigEndian.Uint32(b[8:12]),
		})
	}
	return dst
}
