package httpproto

import (
	"bytes"
	"math"
	"net/netip"
)

// parseAddress reads an address literal, or one with a port behind it as BEP 7 allows: 192.0.2.1:80
// or [2001:db8::1]:80. Anything else, a host name or an IPv6 zone too, gives the zero Addr.
//
// It reads what netip.ParseAddr reads, but ParseAddr keeps the text in its error, which moves every
// decoded address to the heap, and some clients send one with every announce.
func parseAddress(value string) netip.Addr {
	var buf [64]byte
	n, ok := decode(buf[:], value)
	if !ok || n > len(buf) {
		return netip.Addr{}
	}
	text := buf[:n]
	if len(text) > 0 && text[0] == '[' {
		host, port, closed := bytes.Cut(text[1:], []byte{']'})
		if len(port) > 0 && (port[0] != ':' || !isPort(port[1:])) {
			return netip.Addr{}
		}
		if ip, ok := parseIPv6(host); ok && closed {
			return netip.AddrFrom16(ip).Unmap()
		}
		return netip.Addr{}
	}
	host, port, hasPort := bytes.Cut(text, []byte{':'})
	if ip, ok := parseIPv4(host); ok && (!hasPort || isPort(port)) {
		return netip.AddrFrom4(ip)
	}
	if ip, ok := parseIPv6(text); ok {
		return netip.AddrFrom16(ip).Unmap()
	}
	return netip.Addr{}
}

func isPort(text []byte) bool {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return len(text) > 0 && len(text) <= 5 && n <= math.MaxUint16 // beyond 5 digits n may have wrapped
}

// parseIPv4 reads four decimal numbers without leading zeros: some read 010 as eight.
func parseIPv4(text []byte) (ip [4]byte, ok bool) {
	for i := range ip {
		if i > 0 {
			if len(text) == 0 || text[0] != '.' {
				return ip, false
			}
			text = text[1:]
		}
		n, digits := 0, 0
		for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' && n <= 255 {
			n = n*10 + int(text[digits]-'0')
			digits++
		}
		if digits == 0 || n > 255 || digits > 1 && text[0] == '0' {
			return ip, false
		}
		ip[i], text = byte(n), text[digits:]
	}
	return ip, len(text) == 0
}

// parseIPv6 reads the forms of RFC 4291, section 2.2.
func parseIPv6(text []byte) (ip [16]byte, ok bool) {
	head, tail, gap := bytes.Cut(text, []byte("::"))
	n, ok := parseGroups(&ip, head, !gap)
	if !gap || !ok {
		return ip, ok && n == len(ip)
	}
	var end [16]byte
	m, ok := parseGroups(&end, tail, true)
	if !ok || n+m > len(ip)-2 { // "::" stands for one group of zeros at least
		return ip, false
	}
	copy(ip[len(ip)-m:], end[:m])
	return ip, true
}

// parseGroups reads groups of up to four digits between colons, the last of which may be an IPv4
// address if quad says so. It returns how many bytes they fill.
func parseGroups(dst *[16]byte, text []byte, quad bool) (n int, ok bool) {
	for more := len(text) > 0; more; n += 2 {
		var group []byte
		group, text, more = bytes.Cut(text, []byte{':'})
		if ip, ok := parseIPv4(group); ok && quad && !more {
			return n + copy(dst[n:], ip[:]), n <= len(dst)-len(ip)
		}
		if len(group) == 0 || len(group) > 4 || n == len(dst) || !allHex(group) {
			return n, false
		}
		for _, c := range group {
			dst[n], dst[n+1] = dst[n]<<4|dst[n+1]>>4, dst[n+1]<<4|unhex[c]
		}
	}
	return n, true
}
