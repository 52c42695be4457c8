// Package clientip finds out who is really calling behind reverse proxies. It believes a header
// only when it comes from a proxy that the operator trusts, and of the header only what such
// proxies wrote.
package clientip

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Options configure a Resolver.
type Options struct {
	TrustedProxies []netip.Prefix // whose header is believed; none: the header is not looked at
	Header         string         // what they add the caller's address to, such as X-Forwarded-For
}

// A Resolver finds the caller of a request.
type Resolver struct {
	trusted []netip.Prefix
	header  string
}

// New returns a resolver. The header's name may be in any case.
func New(opts Options) *Resolver {
	return &Resolver{trusted: opts.TrustedProxies, header: http.CanonicalHeaderKey(opts.Header)}
}

// Addr returns the address of the caller whose connection comes from remote, never an IPv4-mapped
// one. Each proxy appends who called it, so the addresses are read from the last one on, and the
// first that is no trusted proxy is the caller: what stands before it, anybody may have written.
func (r *Resolver) Addr(remote netip.Addr, header http.Header) netip.Addr {
	caller := remote.Unmap().WithZone("")
	if !r.isProxy(caller) {
		return caller
	}
	for _, line := range slices.Backward(header[r.header]) {
		for more := true; more; {
			var last string
			line, last, more = cutLast(line)
			addr, ok := parse(last)
			if !ok {
				return caller
			}
			caller = addr
			if !r.isProxy(caller) {
				return caller
			}
		}
	}
	return caller
}

func (r *Resolver) isProxy(addr netip.Addr) bool {
	for _, p := range r.trusted {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// cutLast cuts the last of a comma-separated list off, and reports whether more are left.
func cutLast(list string) (rest, last string, more bool) {
	comma := strings.LastIndexByte(list, ',')
	if comma < 0 {
		return "", strings.TrimSpace(list), false
	}
	return list[:comma], strings.TrimSpace(list[comma+1:]), true
}

// parse reads an address, with a port or without, an IPv6 one in brackets or without.
func parse(text string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return addr.Unmap().WithZone(""), true
	}
	addrPort, err := netip.ParseAddrPort(text)
	return addrPort.Addr().Unmap().WithZone(""), err == nil
}
