package httpproto

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// An AnnounceReply is the answer to an announce that was accepted.
type AnnounceReply struct {
	Complete   uint32 // seeders
	Incomplete uint32 // leechers

	// ExternalIP is the address the tracker sees the client at (BEP 24). An invalid one is left out.
	ExternalIP netip.Addr

	Interval    uint32 // seconds until the next announce
	MinInterval uint32 // seconds before which the client should not announce again

	Peers  []byte // compact IPv4 peers, 6 bytes each (BEP 23)
	Peers6 []byte // compact IPv6 peers, 18 bytes each (BEP 7); left out when nil, not when empty
}

const (
	peerLen  = 6  // 4 bytes of address, 2 of port
	peer6Len = 18 // 16 bytes of address, 2 of port
)

// Append appends r with its peers in compact form. The keys stand in the order of their bytes,
// which BEP 3 asks for and some clients insist on.
func (r *AnnounceReply) Append(dst []byte) []byte {
	dst = r.appendNumbers(dst)
	dst = append(dst, "5:peers"...)
	dst = appendString(dst, r.Peers)
	if r.Peers6 != nil {
		dst = append(dst, "6:peers6"...)
		dst = appendString(dst, r.Peers6)
	}
	return append(dst, 'e')
}

// AppendExpanded appends r for a client that asked for compact=0: its peers of both families are
// one list of dictionaries. They have no "peer id", since a tracker keeps none.
func (r *AnnounceReply) AppendExpanded(dst []byte) []byte {
	dst = r.appendNumbers(dst)
	dst = append(dst, "5:peersl"...)
	for p := r.Peers; len(p) >= peerLen; p = p[peerLen:] {
		dst = appendPeer(dst, netip.AddrFrom4([4]byte(p)), binary.BigEndian.Uint16(p[4:]))
	}
	for p := r.Peers6; len(p) >= peer6Len; p = p[peer6Len:] {
		dst = appendPeer(dst, netip.AddrFrom16([16]byte(p)), binary.BigEndian.Uint16(p[16:]))
	}
	return append(dst, "ee"...)
}

func (r *AnnounceReply) appendNumbers(dst []byte) []byte {
	dst = append(dst, "d8:complete"...)
	dst = appendNumber(dst, r.Complete)
	switch ip := r.ExternalIP.Unmap(); {
	case ip.Is4():
		raw := ip.As4()
		dst = append(dst, "11:external ip4:"...)
		dst = append(dst, raw[:]...)
	case ip.Is6():
		raw := ip.As16()
		dst = append(dst, "11:external ip16:"...)
		dst = append(dst, raw[:]...)
	}
	dst = append(dst, "10:incomplete"...)
	dst = appendNumber(dst, r.Incomplete)
	dst = append(dst, "8:interval"...)
	dst = appendNumber(dst, r.Interval)
	dst = append(dst, "12:min interval"...)
	return appendNumber(dst, r.MinInterval)
}

func appendPeer(dst []byte, ip netip.Addr, port uint16) []byte {
	var buf [48]byte
	dst = append(dst, "d2:ip"...)
	dst = appendString(dst, ip.AppendTo(buf[:0]))
	dst = append(dst, "4:port"...)
	dst = appendNumber(dst, uint32(port))
	return append(dst, 'e')
}

func appendNumber(dst []byte, n uint32) []byte {
	dst = append(dst, 'i')
	dst = strconv.AppendUint(dst, uint64(n), 10)
	return append(dst, 'e')
}

func appendString(dst, s []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(len(s)), 10)
	dst = append(dst, ':')
	return append(dst, s...)
}
