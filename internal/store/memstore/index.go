package memstore

import "github.com/starling-tracker/starling/internal/swarm"

// An index knows the place of each peer of a large pool. It is a map, which grows a little at a
// time however large it is.
type index interface {
	find(p swarm.Peer) int // its place, or nowhere
	set(p swarm.Peer, place int)
	remove(p swarm.Peer)
	len() int
}

// An indexBy has the compact form of one family, an array, for its key.
type indexBy[K comparable] struct {
	places map[K]uint32
	key    func(p swarm.Peer) K
}

func newIndexBy[K comparable](size int, key func(p swarm.Peer) K) index {
	return &indexBy[K]{make(map[K]uint32, size), key}
}

// newIndex returns the index of the records of p.
func newIndex(p *pool) index {
	var x index
	n := p.held.sum()
	switch p.family {
	case swarm.IPv4:
		x = newIndexBy(n, swarm.Peer.Compact4)
	case swarm.IPv6:
		x = newIndexBy(n, swarm.Peer.Compact6)
	default:
		x = newIndexBy(n, swarm.Peer.ID)
	}
	for place := range n {
		x.set(p.peer(place), place)
	}
	return x
}

func (x *indexBy[K]) find(p swarm.Peer) int {
	if place, ok := x.places[x.key(p)]; ok {
		return int(place)
	}
	return nowhere
}

func (x *indexBy[K]) set(p swarm.Peer, place int) { x.places[x.key(p)] = uint32(place) }
func (x *indexBy[K]) remove(p swarm.Peer)         { delete(x.places, x.key(p)) }
func (x *indexBy[K]) len() int                    { return len(x.places) }
