package wsproto

import (
	"encoding/binary"
	"math/bits"
)

// string takes a string and returns what is between its quotes, as it was written.
func (s *scanner) string() []byte {
	if s.peek() != '"' {
		s.fail()
		return nil
	}
	s.at++
	start := s.at
	for {
		s.at = plain(s.text, s.at)
		if s.at == len(s.text) {
			s.fail()
			return nil
		}
		switch s.text[s.at] {
		case '"':
			s.at++
			return s.text[start : s.at-1]
		case '\\':
			n := escapeLen(s.text[s.at:])
			if n == 0 {
				s.fail()
				return nil
			}
			s.at += n
		default: // a control character
			s.fail()
			return nil
		}
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns where, from at on, the first byte is that means something in a string: a quote, a
// backslash, or a control character, which may not be there. Eight bytes at a time, since nearly all of a
// message is SDP: a byte minus a larger one borrows, which sets its high bit.
func plain(text []byte, at int) int {
	for ; len(text)-at >= 8; at += 8 {
		w := binary.LittleEndian.Uint64(text[at:])
		quote, backslash := w^ones*'"', w^ones*'\\'
		found := ((w-ones*0x20)&^w | (quote-ones)&^quote | (backslash-ones)&^backslash) & highs
		if found != 0 { // the lowest is right; those above it may have been borrowed from
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for at < len(text) && text[at] >= 0x20 && text[at] != '"' && text[at] != '\\' {
		at++
	}
	return at
}

// escapeLen returns how long the escape is that text begins with, and zero when it is none.
func escapeLen(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if unhex[c] > 15 {
				return 0
			}
		}
		return 6
	}
	return 0
}

// unhex maps the hexadecimal digits to their values, and other bytes to more than 15.
var unhex = func() (table [256]byte) {
	for i := range table {
		table[i] = 0xff
	}
	for i := range byte(16) {
		table["0123456789abcdef"[i]] = i
		table["0123456789ABCDEF"[i]] = i
	}
	return table
}()
