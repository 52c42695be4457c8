package redisbus

import "bytes"

// maxDepth is how deep an SDP may be nested: as deep as frontends accept, so that it makes no difference where
// a browser is. What browsers send is an object of two strings.
const maxDepth = 32

// validJSON reports whether text is one JSON value (RFC 8259) that is nested no deeper than maxDepth, with
// nothing before or behind it but space. It is json.Valid at a fraction of the cost, since an SDP is
// mostly one long string. It does not look at the encoding.
func validJSON(text []byte) bool {
	c := checker{text: text}
	return c.value(maxDepth) && c.space() == 0
}

// A checker walks over JSON.
type checker struct {
	text []byte
	at   int
}

// space skips white space and returns the byte behind it, or zero at the end. A zero byte is in no JSON.
func (c *checker) space() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n':
		case 0:
			return 0xff // is not the end
		default:
			return b
		}
	}
	return 0
}

// next skips b if it is next behind white space.
func (c *checker) next(b byte) bool {
	if c.space() != b {
		return false
	}
	c.at++
	return true
}

// value skips a value that is nested no deeper than depth.
func (c *checker) value(depth int) bool {
	switch b := c.space(); b {
	case '{':
		return depth > 0 && c.list('}', func() bool {
			return c.space() == '"' && c.string() && c.next(':') && c.value(depth-1)
		})
	case '[':
		return depth > 0 && c.list(']', func() bool { return c.value(depth - 1) })
	case '"':
		return c.string()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	default:
		return c.number()
	}
}

// list skips an object or an array, whose members member skips.
func (c *checker) list(end byte, member func() bool) bool {
	c.at++
	if c.next(end) {
		return true
	}
	for member() {
		if c.next(end) {
			return true
		}
		if !c.next(',') {
			return false
		}
	}
	return false
}

func (c *checker) word(word string) bool {
	if !bytes.HasPrefix(c.text[c.at:], []byte(word)) {
		return false
	}
	c.at += len(word)
	return true
}

// plain are the bytes that mean themselves in a string.
var plain = func() (table [256]bool) {
	for b := range table {
		table[b] = b >= ' ' && b != '"' && b != '\\'
	}
	return table
}()

// string skips a string.
func (c *checker) string() bool {
	for c.at++; ; c.at++ {
		text := c.text[c.at:]
		n := 0
		for n < len(text) && plain[text[n]] {
			n++
		}
		c.at += n
		switch {
		case n == len(text) || text[n] < ' ':
			return false
		case text[n] == '"':
			c.at++
			return true
		}
		if c.at++; !c.escape() {
			return false
		}
	}
}

// escape checks what is behind a backslash, and stops at its last byte.
func (c *checker) escape() bool {
	if c.at >= len(c.text) {
		return false
	}
	if c.text[c.at] != 'u' {
		return bytes.IndexByte([]byte(`"\/bfnrt`), c.text[c.at]) >= 0
	}
	for range 4 {
		if c.at++; c.at >= len(c.text) || !hexDigit(c.text[c.at]) {
			return false
		}
	}
	return true
}

func hexDigit(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// number skips a number.
func (c *checker) number() bool {
	c.one("-")
	if !c.one("0") && !c.digits() {
		return false
	}
	if c.one(".") && !c.digits() {
		return false
	}
	if c.one("eE") {
		c.one("+-")
		return c.digits()
	}
	return true
}

// one skips one byte if it is one of set.
func (c *checker) one(set string) bool {
	if c.at >= len(c.text) || bytes.IndexByte([]byte(set), c.text[c.at]) < 0 {
		return false
	}
	c.at++
	return true
}

// digits skips one digit or more.
func (c *checker) digits() bool {
	began := c.at
	for c.at < len(c.text) && '0' <= c.text[c.at] && c.text[c.at] <= '9' {
		c.at++
	}
	return c.at > began
}
