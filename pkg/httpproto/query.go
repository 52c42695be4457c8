package httpproto

import (
	"math"
	"strings"
)

// next cuts the first parameter off a query. Parameters end at '&', and at '?': clients whose
// announce URL already has a query, such as ?passkey=..., append theirs with a second '?'.
func next(query string) (name, value, rest string) {
	param, rest, _ := strings.Cut(query, "&")
	if first, _, found := strings.Cut(param, "?"); found {
		param, rest = first, query[len(first)+1:]
	}
	name, value, _ = strings.Cut(param, "=")
	return name, value, rest
}

// at returns the byte that s holds at i once percent-decoded, and where the next one begins. It is
// not ok when an escape is broken.
func at(s string, i int) (c byte, end int, ok bool) {
	if s[i] != '%' {
		return s[i], i + 1, true
	}
	return unescape(s, i)
}

func unescape(s string, i int) (c byte, end int, ok bool) {
	if len(s) < i+3 {
		return 0, len(s), false
	}
	hi, lo := unhex[s[i+1]], unhex[s[i+2]]
	return hi<<4 | lo, i + 3, hi|lo < notHex
}

// decode percent-decodes s into dst, as far as dst reaches, and returns how long the whole is.
func decode(dst []byte, s string) (n int, ok bool) {
	for i := 0; i < len(s); n++ {
		c, end, ok := at(s, i)
		if !ok {
			return n, false
		}
		if n < len(dst) {
			dst[n] = c
		}
		i = end
	}
	return n, true
}

// number reads a decimal number without a sign. One that is too large for 64 bits is the largest.
func number(s string) (v uint64, ok bool) {
	for i := 0; i < len(s); {
		c, end, ok := at(s, i)
		digit := uint64(c - '0') // what lies below '0' wraps around to above 9
		if !ok || digit > 9 {
			return 0, false
		}
		if v > (math.MaxUint64-digit)/10 {
			v = math.MaxUint64
		} else {
			v = v*10 + digit
		}
		i = end
	}
	return v, s != ""
}

// appendEscaped escapes all but the characters that RFC 3986 lets stand anywhere in a URL.
func appendEscaped(dst, raw []byte) []byte {
	const digits = "0123456789ABCDEF"
	for _, c := range raw {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '.', c == '_', c == '~':
			dst = append(dst, c)
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}

const notHex = 0x10

// unhex holds the value of each hexadecimal digit, of either case, and notHex for all other bytes.
var unhex = func() (table [256]byte) {
	for c := range table {
		switch {
		case '0' <= c && c <= '9':
			table[c] = byte(c - '0')
		case 'a' <= c && c <= 'f':
			table[c] = byte(c - 'a' + 10)
		case 'A' <= c && c <= 'F':
			table[c] = byte(c - 'A' + 10)
		default:
			table[c] = notHex
		}
	}
	return table
}()
