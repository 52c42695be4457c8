package wsproto

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// AppendReply appends the answer to an announce. The interval is in seconds, until the next announce.
func AppendReply(dst []byte, h bittorrent.InfoHash, complete, incomplete, interval uint32) []byte {
	dst = append(dst, `{"complete":`...)
	dst = strconv.AppendUint(dst, uint64(complete), 10)
	dst = append(dst, `,"incomplete":`...)
	dst = strconv.AppendUint(dst, uint64(incomplete), 10)
	dst = append(dst, `,"action":"announce","interval":`...)
	dst = strconv.AppendUint(dst, uint64(interval), 10)
	return appendHashEnd(dst, h[:])
}

// AppendOffer appends the offer that from made. The SDP must be an Offer's: it is pasted as it is.
func AppendOffer(dst []byte, h bittorrent.InfoHash, from bittorrent.PeerID, id bittorrent.OfferID, sdp []byte) []byte {
	dst = append(dst, `{"action":"announce","offer":`...)
	return appendSignalEnd(dst, h, from, id, sdp)
}

// AppendAnswer appends the answer of from to the offer id. The SDP must be a Message's Answer: it is
// pasted as it is.
func AppendAnswer(dst []byte, h bittorrent.InfoHash, from bittorrent.PeerID, id bittorrent.OfferID, sdp []byte) []byte {
	dst = append(dst, `{"action":"announce","answer":`...)
	return appendSignalEnd(dst, h, from, id, sdp)
}

func appendSignalEnd(dst []byte, h bittorrent.InfoHash, from bittorrent.PeerID, id bittorrent.OfferID, sdp []byte) []byte {
	dst = append(dst, sdp...)
	dst = append(dst, `,"offer_id":`...)
	dst = appendLatin(dst, id[:])
	dst = append(dst, `,"peer_id":`...)
	dst = appendLatin(dst, from[:])
	return appendHashEnd(dst, h[:])
}

// AppendScrape appends the answer to a scrape. A swarm that is there several times is written once. The
// interval is in seconds.
func AppendScrape(dst []byte, files []ScrapeFile, minRequestInterval uint32) []byte {
	dst = append(dst, `{"action":"scrape","files":{`...)
	for i, f := range files {
		if slices.ContainsFunc(files[:i], func(g ScrapeFile) bool { return g.InfoHash == f.InfoHash }) {
			continue
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendLatin(dst, f.InfoHash[:])
		dst = append(dst, `:{"complete":`...)
		dst = strconv.AppendUint(dst, uint64(f.Complete), 10)
		dst = append(dst, `,"incomplete":`...)
		dst = strconv.AppendUint(dst, uint64(f.Incomplete), 10)
		dst = append(dst, `,"downloaded":`...)
		dst = strconv.AppendUint(dst, uint64(f.Downloaded), 10)
		dst = append(dst, '}')
	}
	dst = append(dst, `},"flags":{"min_request_interval":`...)
	dst = strconv.AppendUint(dst, uint64(minRequestInterval), 10)
	return append(dst, "}}"...)
}

// AppendFailure appends a refusal of any message. It names the swarm when known is set. With an empty
// hash clients ignore it, which is better than what they do without a hash or without an action.
func AppendFailure(dst []byte, h bittorrent.InfoHash, known bool, reason string) []byte {
	dst = append(dst, `{"action":"announce","failure reason":`...)
	dst = appendText(dst, reason)
	if !known {
		return append(dst, `,"info_hash":""}`...)
	}
	return appendHashEnd(dst, h[:])
}

func appendHashEnd(dst, h []byte) []byte {
	dst = append(dst, `,"info_hash":`...)
	dst = appendLatin(dst, h)
	return append(dst, '}')
}

// appendText appends text with its quotes. What is not UTF-8 turns into U+FFFD.
func appendText(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, r := range text {
		if r < 0x20 || r == '"' || r == '\\' {
			dst = appendEscape(dst, byte(r))
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
