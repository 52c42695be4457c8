package swarm

import (
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Detail is what a store knows of one swarm, for its operator.
type Detail struct {
	InfoHash  bittorrent.InfoHash
	Completed uint32
	Pools     []PoolDetail // one a family that has members
}

// PoolDetail is one pool of a swarm.
type PoolDetail struct {
	Family   Family
	Seeders  uint32
	Leechers uint32
	Peers    []PeerDetail // perhaps not all of them
}

// PeerDetail is one member of a pool.
type PeerDetail struct {
	Peer    Peer
	Seeder  bool
	Expires time.Duration // until it is forgotten, if it announces no more
}
