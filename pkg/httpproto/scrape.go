package httpproto

import (
	"bytes"
	"slices"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// ParseScrape appends the hashes of a scrape to hashes, in the order of the query and at most
// MaxScrapeHashes of them; what follows is not even read. A query without any, which asks for all
// swarms, is an error, and so is a malformed one. Its errors are all *ParamError and leave hashes as
// it was.
func ParseScrape(hashes []bittorrent.InfoHash, query string) ([]bittorrent.InfoHash, error) {
	before := len(hashes)
	for query != "" && len(hashes) < before+MaxScrapeHashes {
		var name, value string
		name, value, query = next(query)
		if name != "info_hash" {
			continue
		}
		h, err := parseInfoHash(value)
		if err != nil {
			return hashes[:before], err
		}
		hashes = append(hashes, h)
	}
	if len(hashes) == before {
		return hashes, errInfoHashMissing
	}
	return hashes, nil
}

// A ScrapeFile is what a scrape tells of one swarm.
type ScrapeFile struct {
	InfoHash   bittorrent.InfoHash
	Complete   uint32 // seeders
	Downloaded uint32 // how often a download was completed
	Incomplete uint32 // leechers
}

// AppendScrapeReply appends the answer to a scrape (BEP 48). It sorts files by their raw hash, since
// hashes are the keys of a dictionary, and writes a hash that is there several times once.
// The interval is in seconds.
func AppendScrapeReply(dst []byte, files []ScrapeFile, minRequestInterval uint32) []byte {
	slices.SortFunc(files, func(a, b ScrapeFile) int {
		return bytes.Compare(a.InfoHash[:], b.InfoHash[:])
	})
	dst = append(dst, "d5:filesd"...)
	for i := range files {
		f := &files[i]
		if i > 0 && f.InfoHash == files[i-1].InfoHash {
			continue
		}
		dst = append(dst, "20:"...)
		dst = append(dst, f.InfoHash[:]...)
		dst = append(dst, "d8:complete"...)
		dst = appendNumber(dst, f.Complete)
		dst = append(dst, "10:downloaded"...)
		dst = appendNumber(dst, f.Downloaded)
		dst = append(dst, "10:incomplete"...)
		dst = appendNumber(dst, f.Incomplete)
		dst = append(dst, 'e')
	}
	dst = append(dst, "e5:flagsd20:min_request_interval"...)
	dst = appendNumber(dst, minRequestInterval)
	return append(dst, "ee"...)
}
