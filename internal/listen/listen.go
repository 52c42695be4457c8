// Package listen tells what an address to listen on means.
package listen

import (
	"net"
	"net/netip"
)

// Network returns the network to listen on at address, a host and port: "tcp" or "udp" as proto
// says for a host that is empty or a name, and of one family alone, such as "udp4", for an IP
// address. So :6969 is all addresses, 0.0.0.0:6969 those of IPv4, and [::]:6969 those of IPv6,
// where Go would take each of the three for all.
func Network(proto, address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return proto
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return proto
	case ip.Unmap().Is4():
		return proto + "4"
	default:
		return proto + "6"
	}
}
