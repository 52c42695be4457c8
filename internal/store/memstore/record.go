package memstore

import (
	"encoding/binary"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A record is a peer's compact form and, in its last two bytes, the tick of its last announce in
// little endian. Records of one pool lie back to back, so that nothing is padded, nothing is a
// pointer, and a list is copied from neighbors.
type record []byte

// seenLen is the length of the tick in a record.
const seenLen = 2

func (r record) compact() []byte { return r[:len(r)-seenLen] }
func (r record) seen() ticks     { return ticks(binary.LittleEndian.Uint16(r[len(r)-seenLen:])) }
func (r record) see(now ticks)   { binary.LittleEndian.PutUint16(r[len(r)-seenLen:], uint16(now)) }

// at returns the record at place. It holds until the pool changes.
func (p *pool) at(place int) record {
	size := int(p.size)
	return p.records[place*size : place*size+size : place*size+size]
}

// peer returns the peer at place.
func (p *pool) peer(place int) swarm.Peer { return swarm.PeerFrom(p.family, p.at(place).compact()) }

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
			if place := at / size; string(p.at(place).compact()) == string(compact) {
				return place
			}
		}
	}
	return nowhere
}
