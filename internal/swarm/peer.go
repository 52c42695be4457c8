package swarm

import (
	"encoding/binary"
	"net/netip"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A Peer is a member of a swarm: an IP address and port, or the peer ID of a browser. It is a
// comparable value without pointers, so that a list of peers costs the garbage collector nothing.
type Peer struct {
	compact [20]byte // the first bytes hold the compact form, the others are zero
	family  Family
}

// MaxCompactLen is the length of the longest compact form.
const MaxCompactLen = 20

var compactLen = [Families]int{IPv4: 6, IPv6: 18, WebRTC: 20}

// CompactLen returns the length of the compact form of a peer of f, in bytes.
func (f Family) CompactLen() int { return compactLen[f] }

// TCPPeer returns the peer at addr. An IPv4-mapped IPv6 address counts as IPv4.
func TCPPeer(addr netip.AddrPort) Peer {
	ip := addr.Addr().Unmap()
	var p Peer
	if ip.Is4() {
		ip4 := ip.As4()
		copy(p.compact[:4], ip4[:])
		binary.BigEndian.PutUint16(p.compact[4:6], addr.Port())
		return p
	}
	p.family = IPv6
	ip16 := ip.As16()
	copy(p.compact[:16], ip16[:])
	binary.BigEndian.PutUint16(p.compact[16:18], addr.Port())
	return p
}

// WebRTCPeer returns the browser that calls itself id.
func WebRTCPeer(id bittorrent.PeerID) Peer { return Peer{compact: id, family: WebRTC} }

// PeerFrom returns the peer of family f whose compact form is compact, which must be as long as
// those of f are.
func PeerFrom(f Family, compact []byte) Peer {
	p := Peer{family: f}
	copy(p.compact[:f.CompactLen()], compact)
	return p
}

// Family returns the pool the peer belongs to.
func (p Peer) Family() Family { return p.family }

// AppendCompact appends the peer's compact form to dst: 4 bytes of address and 2 of port (BEP 23),
// 16 and 2 (BEP 7), or the 20 of a browser's peer ID.
func (p Peer) AppendCompact(dst []byte) []byte {
	return append(dst, p.compact[:compactLen[p.family]]...)
}

// Compact4 returns the compact form of a peer of the family IPv4.
func (p Peer) Compact4() [6]byte { return [6]byte(p.compact[:6]) }

// Compact6 returns the compact form of a peer of the family IPv6.
func (p Peer) Compact6() [18]byte { return [18]byte(p.compact[:18]) }

// ID returns the peer ID of a peer of the family WebRTC.
func (p Peer) ID() bittorrent.PeerID { return p.compact }

// Addr returns the address of a TCP peer, and the zero AddrPort for a browser.
func (p Peer) Addr() netip.AddrPort {
	switch p.family {
	case IPv4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(p.compact[:4])), binary.BigEndian.Uint16(p.compact[4:]))
	case IPv6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(p.compact[:16])), binary.BigEndian.Uint16(p.compact[16:]))
	default:
		return netip.AddrPort{}
	}
}

// String returns address and port, or a browser's peer ID in hexadecimal.
func (p Peer) String() string {
	if p.family == WebRTC {
		return p.ID().String()
	}
	return p.Addr().String()
}
