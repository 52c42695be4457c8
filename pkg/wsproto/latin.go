package wsproto

import "unicode/utf8"

// id takes any value, and reads it if it is a binary string of 20 bytes.
func (s *scanner) id() (id [20]byte, ok bool) {
	if s.peek() != '"' {
		s.skip()
		return id, false
	}
	if n, ok := decodeLatin(id[:], s.string()); !ok || n != len(id) {
		return [20]byte{}, false
	}
	return id, true
}

// latin takes a string and returns its characters, one byte each. A string with another character than
// those of Latin-1, or with too many to be a word that we know, gives nil. The result is good until the
// next call.
func (s *scanner) latin() []byte {
	n, ok := decodeLatin(s.word[:], s.string())
	if !ok {
		return nil
	}
	return s.word[:n]
}

// decodeLatin reads the characters between the quotes of a string, one byte each, into dst. It is not ok
// when one is beyond U+00FF or dst is full. Broken surrogates are beyond it too, so nothing that two
// readers might decode differently is ever taken for a hash. raw must be valid JSON in UTF-8.
func decodeLatin(dst, raw []byte) (n int, ok bool) {
	for len(raw) > 0 {
		if n == len(dst) {
			return n, false
		}
		c := raw[0]
		switch {
		case c == '\\':
			var size int
			if c, size, ok = unescape(raw); !ok {
				return n, false
			}
			raw = raw[size:]
		case c < utf8.RuneSelf:
			raw = raw[1:]
		case c < 0xc4: // U+0080 to U+00FF are the two bytes 0xc2 or 0xc3, and one more
			c = c<<6 | raw[1]&0x3f
			raw = raw[2:]
		default:
			return n, false
		}
		dst[n] = c
		n++
	}
	return n, true
}

// unescape reads the escape that raw begins with. It is not ok when its character is beyond U+00FF.
func unescape(raw []byte) (c byte, size int, ok bool) {
	switch raw[1] {
	case 'u':
		return unhex[raw[4]]<<4 | unhex[raw[5]], 6, raw[2] == '0' && raw[3] == '0'
	case 'b':
		return '\b', 2, true
	case 'f':
		return '\f', 2, true
	case 'n':
		return '\n', 2, true
	case 'r':
		return '\r', 2, true
	case 't':
		return '\t', 2, true
	}
	return raw[1], 2, true // quote, backslash and slash are themselves
}

// appendLatin appends a binary string with its quotes, in the bytes that JSON.stringify has for it.
func appendLatin(dst, id []byte) []byte {
	dst = append(dst, '"')
	for _, c := range id {
		switch {
		case c >= utf8.RuneSelf:
			dst = append(dst, 0xc0|c>>6, 0x80|c&0x3f)
		case c < 0x20 || c == '"' || c == '\\':
			dst = appendEscape(dst, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendEscape appends the escape that JSON.stringify has for c.
func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
	case '\b':
		c = 'b'
	case '\f':
		c = 'f'
	case '\n':
		c = 'n'
	case '\r':
		c = 'r'
	case '\t':
		c = 't'
	default:
		const hex = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
	}
	return append(dst, '\\', c)
}
