package memstore

import (
	"encoding/binary"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A record is a peer's compact form and, in its last two bytes, the tick of its last announce in
// little endian. A browser's has its version before both. Records of one pool lie back to back, so
// that nothing is padded, nothing is a pointer, and a list is copied from neighbors.
type record []byte

// Lengths of what a record has besides the compact form.
const (
	versionLen = 8
	seenLen    = 2
)

func (r record) seen() ticks  { return ticks(binary.LittleEndian.Uint16(r[len(r)-seenLen:])) }
func (r record) see(at ticks) { binary.LittleEndian.PutUint16(r[len(r)-seenLen:], uint16(at)) }

// version returns the version of the last write of r, the record of a browser.
func (r record) version() swarm.Version { return swarm.Version(binary.LittleEndian.Uint64(r)) }

func (r record) sign(v swarm.Version) { binary.LittleEndian.PutUint64(r, uint64(v)) }

// at returns the record at place. It holds until the pool changes.
func (p *pool) at(place int) record {
	size := int(p.size)
	return p.records[place*size : place*size+size : place*size+size]
}

// compact returns the compact form of r, a record of p.
func (p *pool) compact(r record) []byte { return r[p.versioned : len(r)-seenLen] }

// peer returns the peer at place.
func (p *pool) peer(place int) swarm.Peer { return swarm.PeerFrom(p.family, p.compact(p.at(place))) }

// A tail is the end of a compact form, of which every family has at least its 6 bytes. It tells
// most peers apart: it is all of an IPv4 peer, and of others what differs most.
type tail uint64

const (
	tailLen  = 6
	tailMask = 1<<(8*tailLen) - 1
)

func tailOf(compact []byte) tail {
	var b [8]byte
	copy(b[:], compact[len(compact)-tailLen:])
	return tail(binary.LittleEndian.Uint64(b[:]))
}

// search looks at one record after the other for the peer whose compact form is given.
func (p *pool) search(compact []byte) int {
	want, size := tailOf(compact), int(p.size)
	for at := size - tailLen - seenLen; at < len(p.records); at += size {
		word := binary.LittleEndian.Uint64(p.records[at:]) // the tail, and the tick above it
		if tail(word&tailMask) == want {
			if place := at / size; string(p.compact(p.at(place))) == string(compact) {
				return place
			}
		}
	}
	return nowhere
}
