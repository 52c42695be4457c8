package wsproto

// A Left is what a client says of how much it has still to download.
type Left uint8

const (
	LeftUnsaid Left = iota // nothing: what it said before stands
	LeftZero               // nothing is left; it is a seeder
	LeftSome               // it is a leecher, or does not know
)

// left takes any value. Only the number zero, however it is written, and the string "0" make a seeder:
// null is what webtorrent says on a magnet link, of which it knows no size yet, and whatever else is
// there must not turn a leecher into a seeder.
func (s *scanner) left() Left {
	raw := s.raw()
	if string(raw) == `"0"` || isZero(raw) {
		return LeftZero
	}
	return LeftSome
}

// isZero reports whether a value is a number, and zero.
func isZero(raw []byte) bool {
	digits := false
	for _, c := range raw {
		switch {
		case c == '0':
			digits = true
		case c == 'e' || c == 'E':
			return digits
		case c != '-' && c != '.':
			return false
		}
	}
	return digits
}

// number takes a number.
func (s *scanner) number() {
	if s.peek() == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		s.digits()
	}
	if s.at < len(s.text) && s.text[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		s.digits()
	}
}

// digits takes one digit or more.
func (s *scanner) digits() {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.fail()
	}
}
