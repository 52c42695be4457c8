package swarm

import "github.com/starling-tracker/starling/pkg/bittorrent"

// A Version tells a write of a browser's record from every other one of that record, whoever made
// it. Only the store that it came from can read more in it. Zero is the version of no write.
type Version uint64

// A Record is what a store keeps of a browser in a swarm, as one of the browser's sessions wrote it.
// It lasts for a lease, and whoever wrote it last owns it.
type Record struct {
	InfoHash bittorrent.InfoHash
	Peer     bittorrent.PeerID
	Seeder   bool
	Version  Version // of the last write by the session
}

// A Holding is how a store's record stands to what a session knows of it.
type Holding uint8

const (
	Held  Holding = iota // it is as its version wrote it
	Taken                // another has written it since
	Gone                 // it was removed, or its lease ran out
)

// Holdings is how many holdings there are; every Holding is below it.
const Holdings = 3

var holdingNames = [Holdings]string{"held", "taken", "gone"}

// String returns the holding's word.
func (h Holding) String() string { return holdingNames[h] }
