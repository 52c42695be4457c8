// Package udpproto reads and writes the datagrams of the UDP tracker protocol (BEP 15) and the
// options behind an announce (BEP 41), for trackers and for their clients.
//
// It opens no sockets and judges no values: which connection IDs are good, whose address an
// announce speaks for and how many peers it may have are its caller's matters. Of a packet it asks
// that it is long enough, and of a reply that it is of the kind that was expected.
//
// Parsing is in place: what is returned as a slice is a part of the packet and is good until the
// packet's buffer is used again. Writing appends to a slice the caller owns. Neither allocates,
// but for slices that have to grow and for the text of an error.
//
// Requests share a header, all integers are big-endian, and any packet may be longer than its
// layout, because that is how the protocol is extended:
//
//	          0             8         12               16
//	connect   protocol ID   action 0  transaction ID
//	announce  connection ID action 1  transaction ID   82 bytes, then options
//	scrape    connection ID action 2  transaction ID   20 bytes a hash
//
//	          0             4         8
//	connect   action 0      trans. ID connection ID
//	announce  action 1      trans. ID interval, leechers, seeders, then 6 or 18 bytes a peer
//	scrape    action 2      trans. ID 12 bytes a hash, in the order of the request
//	error     action 3      trans. ID text to the end of the packet
package udpproto

import "strconv"

// ProtocolID stands where other requests have their connection ID in a connect request, and tells
// it from a stray packet.
const ProtocolID uint64 = 0x41727101980

// Lengths that a packet of each kind has at least, in bytes. A scrape request has a Header and as
// many info hashes as it likes, of which trackers read MaxScrapeHashes.
const (
	ConnectRequestLen  = 16
	AnnounceRequestLen = 98

	ConnectReplyLen  = 16
	AnnounceReplyLen = 20 // without its peers
	ScrapeReplyLen   = 8  // without its entries
	ScrapeEntryLen   = 12

	MaxScrapeHashes = 74 // BEP 15, "Scrape": "up to about 74 torrents"
)

const (
	headerLen      = 16
	replyHeaderLen = 8
	hashLen        = 20
)

// An Action says of what kind a packet is.
type Action uint32

// The actions of BEP 15. Requests are the first three, replies all four.
const (
	ActionConnect Action = iota
	ActionAnnounce
	ActionScrape
	ActionError
)

var actionNames = [...]string{"connect", "announce", "scrape", "error"}

// String returns the action's name in BEP 15.
func (a Action) String() string {
	if a < Action(len(actionNames)) {
		return actionNames[a]
	}
	return "action " + strconv.FormatUint(uint64(a), 10)
}
