// Package swarm is the domain: peers, what they announce, what they are answered, and why they may
// be refused. It does no I/O and knows neither protocols nor stores; both speak in its terms.
//
// A swarm has three pools, one a [Family]. Peers of different pools cannot reach each other, so
// lists come from the announcer's pool (HTTP clients are told of both TCP pools), while counts are
// summed over all of them.
package swarm

import (
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A Family is a pool of a swarm: those of its peers that can reach each other.
type Family uint8

const (
	IPv4   Family = iota // TCP and uTP peers, known by IPv4 address and port
	IPv6                 // TCP and uTP peers, known by IPv6 address and port
	WebRTC               // browsers, known by peer ID
)

// Families is how many families there are; every Family is below it.
const Families = 3

var familyNames = [Families]string{"ipv4", "ipv6", "webrtc"}

// String returns the family's metric label.
func (f Family) String() string { return familyNames[f] }

// A Proto is the protocol an announce came by.
type Proto uint8

const (
	HTTP Proto = iota
	UDP
	WebSocket // of browsers, and nobody else's
)

// Protos is how many protocols there are; every Proto is below it.
const Protos = 3

var protoNames = [Protos]string{"http", "udp", "ws"}

// String returns the protocol's metric label.
func (p Proto) String() string { return protoNames[p] }

// DefaultNumWant asks for as many peers as the tracker sees fit.
const DefaultNumWant = -1

// An Announce is what a peer says of itself to a swarm.
type Announce struct {
	InfoHash bittorrent.InfoHash
	Peer     Peer
	Event    bittorrent.Event
	Proto    Proto
	Seeder   bool // nothing is left to download; decides the role, whatever Event says
	// AnyFamily lets the list hold peers of both TCP families; at least 3/4 of it are of the
	// announcer's own when there are as many.
	AnyFamily bool
	NumWant   int // at most this many peers in the list; negative: DefaultNumWant
	MaxPeers  int // as many as the reply has room for, whatever NumWant says; zero: any number
	// Version is that of the browser's record as its session wrote it last. When the browser stops,
	// its record goes only if it is still so; zero, the version of none, removes nothing. Other
	// announces do not look at it.
	Version Version
}

// WantsLeechersOnly reports whether seeders are of no use to the announcer: it has all it wants. A browser
// has use for them: see WantsLeechersFirst.
func (a *Announce) WantsLeechersOnly() bool { return a.Peer.family != WebRTC && a.hasAllItWants() }

// WantsLeechersFirst reports whether the announcer is a browser that has all it wants. It is told of seeders
// when there are not enough leechers: there are rooms made of seeders only, of pages that talk to each other
// about more than pieces.
func (a *Announce) WantsLeechersFirst() bool { return a.Peer.family == WebRTC && a.hasAllItWants() }

func (a *Announce) hasAllItWants() bool { return a.Seeder || a.Event == bittorrent.Paused }

// Stats are the counts of one swarm over all its pools.
type Stats struct {
	Seeders   uint32 // live members with nothing left to download
	Leechers  uint32 // live members with something left, partial seeds among them
	Completed uint32 // downloads that finished here
}

// A Result is what a store says to an [Announce].
type Result struct {
	Stats
	Version Version // of the browser's record as it was written just now; zero for others, and who stopped
}

// A Reply answers an [Announce].
type Reply struct {
	Result
	Interval    time.Duration // to the next announce
	MinInterval time.Duration // to the earliest one; at most Interval
}
