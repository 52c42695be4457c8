package wsproto

import (
	"math"
	"strconv"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// LeftUnknown is written as null: the client does not know how large its download is.
const LeftUnknown = math.MaxUint64

// An AnnounceRequest is what a client says of itself to a swarm.
type AnnounceRequest struct {
	InfoHash   bittorrent.InfoHash
	PeerID     bittorrent.PeerID
	Uploaded   uint64 // bytes, as are the next two
	Downloaded uint64
	Left       uint64 // LeftUnknown, or how much is still to download; zero makes a seeder
	Event      bittorrent.Event
	NumWant    int // below zero: not written
	Offers     []Offer
}

// AppendAnnounce appends an announce. An event that none of the protocol is left out. Offers' SDPs are
// pasted as they are, and must be JSON.
func AppendAnnounce(dst []byte, r *AnnounceRequest) []byte {
	if r.NumWant >= 0 {
		dst = append(dst, `{"numwant":`...)
		dst = strconv.AppendInt(dst, int64(r.NumWant), 10)
		dst = append(dst, `,"uploaded":`...)
	} else {
		dst = append(dst, `{"uploaded":`...)
	}
	dst = strconv.AppendUint(dst, r.Uploaded, 10)
	dst = append(dst, `,"downloaded":`...)
	dst = strconv.AppendUint(dst, r.Downloaded, 10)
	dst = append(dst, `,"left":`...)
	if r.Left == LeftUnknown {
		dst = append(dst, "null"...)
	} else {
		dst = strconv.AppendUint(dst, r.Left, 10)
	}
	if r.Event != bittorrent.None && r.Event < bittorrent.Events {
		dst = append(dst, `,"event":"`...)
		dst = append(dst, r.Event.String()...)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"action":"announce","info_hash":`...)
	dst = appendLatin(dst, r.InfoHash[:])
	dst = append(dst, `,"peer_id":`...)
	dst = appendLatin(dst, r.PeerID[:])
	dst = append(dst, `,"offers":[`...)
	for i := range r.Offers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"offer":`...)
		dst = append(dst, r.Offers[i].SDP...)
		dst = append(dst, `,"offer_id":`...)
		dst = appendLatin(dst, r.Offers[i].ID[:])
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// An AnswerRequest is a client's answer to an offer.
type AnswerRequest struct {
	InfoHash bittorrent.InfoHash
	PeerID   bittorrent.PeerID // who answers
	ToPeerID bittorrent.PeerID // who offered
	OfferID  bittorrent.OfferID
	SDP      []byte // must be JSON: it is pasted as it is
}

// AppendAnswerRequest appends an answer for the tracker to relay.
func AppendAnswerRequest(dst []byte, r *AnswerRequest) []byte {
	dst = append(dst, `{"action":"announce","info_hash":`...)
	dst = appendLatin(dst, r.InfoHash[:])
	dst = append(dst, `,"peer_id":`...)
	dst = appendLatin(dst, r.PeerID[:])
	dst = append(dst, `,"to_peer_id":`...)
	dst = appendLatin(dst, r.ToPeerID[:])
	dst = append(dst, `,"answer":`...)
	dst = append(dst, r.SDP...)
	dst = append(dst, `,"offer_id":`...)
	dst = appendLatin(dst, r.OfferID[:])
	return append(dst, '}')
}

// AppendScrapeRequest appends a scrape of hashes. Trackers answer for the first few dozen only: ask for
// at most MaxScrapeHashes at a time.
func AppendScrapeRequest(dst []byte, hashes []bittorrent.InfoHash) []byte {
	dst = append(dst, `{"action":"scrape","info_hash":[`...)
	for i := range hashes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendLatin(dst, hashes[i][:])
	}
	return append(dst, "]}"...)
}
