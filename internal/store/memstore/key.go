package memstore

import (
	"github.com/starling-tracker/starling/internal/swarm"
)

// A key is what a pool knows its peers by: their compact form, and nothing else. It is an array of
// bytes, so that records pack without padding and hold no pointers.
type key[K any] interface {
	comparable
	of(p swarm.Peer) K
	peer() swarm.Peer
}

type (
	key4  [6]byte  // IPv4 address and port
	key6  [18]byte // IPv6 address and port
	keyID [20]byte // a browser's peer ID
)

func (key4) of(p swarm.Peer) key4   { return p.Compact4() }
func (k key4) peer() swarm.Peer     { return swarm.PeerFrom4(k) }
func (key6) of(p swarm.Peer) key6   { return p.Compact6() }
func (k key6) peer() swarm.Peer     { return swarm.PeerFrom6(k) }
func (keyID) of(p swarm.Peer) keyID { return keyID(p.ID()) }
func (k keyID) peer() swarm.Peer    { return swarm.WebRTCPeer([20]byte(k)) }
