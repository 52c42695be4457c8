package config

import (
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// require adds a problem unless ok.
func (r *report) require(ok bool, format string, args ...any) {
	if !ok {
		r.add(format, args...)
	}
}

// limit requires a number that is not negative.
func (r *report) limit(key string, n int) {
	r.require(n >= 0, "%s: %d is negative; use 0 for no limit", key, n)
}

func (r *report) oneOf(key, value string, choices ...string) {
	r.require(slices.Contains(choices, value), "%s: %q is unknown; use one of %s", key, value, strings.Join(choices, ", "))
}

// addr requires an address to listen on. A host name is not looked up.
func (r *report) addr(key, addr string) {
	host, port, err := net.SplitHostPort(addr)
	_, portErr := strconv.ParseUint(port, 10, 16)
	_, ipErr := netip.ParseAddr(host)
	r.require(err == nil && portErr == nil && (ipErr == nil || hostName.MatchString(host)),
		"%s: %q is no address to listen on; use host:port, like :6969, 192.0.2.1:6969 or [2001:db8::1]:6969", key, addr)
}

// hostName matches names of hosts, and the empty host that stands for every address.
var hostName = regexp.MustCompile(`^[0-9A-Za-z._-]*$`)

// privateNetworks are those whose addresses the open internet cannot send from.
var privateNetworks = [...]netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),     // RFC 1918
	netip.MustParsePrefix("172.16.0.0/12"),  // RFC 1918
	netip.MustParsePrefix("192.168.0.0/16"), // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),  // carriers' NAT, RFC 6598
	netip.MustParsePrefix("169.254.0.0/16"), // link-local
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("fc00::/7"), // unique local, RFC 4193
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("::1/128"),
}

// private reports whether all of n lies within one private network.
func private(n netip.Prefix) bool {
	return slices.ContainsFunc(privateNetworks[:], func(p netip.Prefix) bool {
		return p.Bits() <= n.Bits() && p.Contains(n.Addr())
	})
}
