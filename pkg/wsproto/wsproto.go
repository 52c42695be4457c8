// Package wsproto reads and writes the JSON messages of the WebTorrent tracker protocol, for trackers
// and for their clients. It knows no sockets and no swarms: a message is bytes in, and bytes out.
//
// Hashes and IDs are binary strings: 20 bytes as 20 code points from U+0000 to U+00FF. In UTF-8 a byte
// from 0x80 up is two, and any of them may be escaped, so one hash has many spellings and its length
// says nothing. encoding/json can write no such string.
//
// Offers and answers are opaque. A message that holds one is JSON in UTF-8 from its first byte to its
// last, which is checked before anything is taken from it, and so an offer can be pasted as it came into
// a message for somebody else: it cannot end that message early, and no browser fails on it. Whitespace
// and repeated keys of its sender stay in it. A line break between two tokens is whitespace too: it is
// frames, not lines, that end a message.
//
// Of a key that an object has twice the last one counts, as for JSON.parse and encoding/json: trackers,
// proxies and browsers would else read one message differently.
//
// How long a message may be is its reader's to say; reading one takes time in proportion to its length,
// and a depth of nesting that is bounded.
//
// Parsing is in place: what is returned as a slice is a part of the message, or of a slice that is used
// again for the next one. Neither parsing nor appending allocates, but for slices that have to grow and
// for text that is for people.
package wsproto

import "github.com/starling-tracker/starling/pkg/bittorrent"

const (
	// DefaultMaxOffers is how many offers of an announce are read when the caller does not say.
	DefaultMaxOffers = 20

	// MaxScrapeHashes is how many swarms one scrape is answered for, as over UDP and HTTP.
	MaxScrapeHashes = 74

	// MaxDepth is how deep objects and arrays may be within each other. An offer's SDP is at the fourth
	// level.
	MaxDepth = 32
)

// A Kind is what a message is. Clients send announces, answers and scrapes; trackers send all but
// announces.
type Kind uint8

const (
	KindAnnounce Kind = iota // a client joins a swarm, goes on, or leaves, and may offer connections
	KindReply                // to an announce
	KindOffer                // of another client
	KindAnswer               // to an offer: a client's to the tracker, and the tracker's to who offered
	KindScrape               // the question, and the reply to it
	KindFailure              // a refusal
)

var kindNames = [...]string{"announce", "reply", "offer", "answer", "scrape", "failure"}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// An Offer is an offer of a connection.
type Offer struct {
	ID  bittorrent.OfferID
	SDP []byte // a JSON object with a string "sdp", as its sender wrote it
}

// A ScrapeFile is what a scrape tells of one swarm.
type ScrapeFile struct {
	InfoHash   bittorrent.InfoHash
	Complete   uint32 // seeders
	Incomplete uint32 // leechers
	Downloaded uint32 // how often a download was completed
}
