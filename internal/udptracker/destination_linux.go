package udptracker

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A destination is the one control message of a datagram that came to a socket of all addresses: which
// of them it was sent to. A reply that left from another one would be no use to the client.
type destination struct {
	header unix.Cmsghdr
	info   [unix.SizeofInet6Pktinfo + 4]byte // or the shorter one of IPv4; padded as the kernel does
}

func (d *destination) bytes() *byte { return (*byte)(unsafe.Pointer(d)) }

// answer makes d, of which the kernel filled length bytes, what has a reply leave from where its
// request came to, by whatever interface leads there, and returns its length. It is none when the
// request was not sent to one address.
func (d *destination) answer(length int) int {
	switch {
	case length < unix.CmsgLen(0):
		return 0
	case d.header.Level == unix.IPPROTO_IP && d.header.Type == unix.IP_PKTINFO:
		(*unix.Inet4Pktinfo)(unsafe.Pointer(&d.info)).Ifindex = 0
		return unix.CmsgSpace(unix.SizeofInet4Pktinfo)
	case d.header.Level == unix.IPPROTO_IPV6 && d.header.Type == unix.IPV6_PKTINFO:
		info := (*unix.Inet6Pktinfo)(unsafe.Pointer(&d.info))
		to := netip.AddrFrom16(info.Addr)
		if to.IsMulticast() {
			return 0
		}
		if !to.IsLinkLocalUnicast() {
			info.Ifindex = 0
		}
		return unix.CmsgSpace(unix.SizeofInet6Pktinfo)
	default:
		return 0
	}
}
