package wsproto

// A scanner goes over JSON text once, from its first byte to its last. What is not JSON makes it bad,
// for good: it takes nothing more then, and loops over members and items end. So callers look at bad
// once, at the end, and what they took before is of no use if it is set.
//
//	if s.open('{') {
//		for s.next('}') {
//			switch string(s.key()) {
//			case "left": // take exactly one value
//			default:
//				s.skip()
//			}
//		}
//	}
type scanner struct {
	text  []byte
	at    int
	depth int
	fresh bool // the object or array was just opened: no comma comes before what is next
	bad   bool

	word [32]byte // a string that was written with escapes, when it is short
}

func (s *scanner) fail() { s.bad, s.at = true, len(s.text) }

// peek returns the first byte of what is next, and zero at the end of the text.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// open enters the object or array that begins with c if that is what is next.
func (s *scanner) open(c byte) bool {
	if s.peek() != c {
		return false
	}
	if s.depth == MaxDepth {
		s.fail()
		return false
	}
	s.at++
	s.depth++
	s.fresh = true
	return true
}

// next goes to the next member or item of what was opened, or past its end.
func (s *scanner) next(end byte) bool {
	c := s.peek()
	fresh := s.fresh
	s.fresh = false
	switch {
	case s.bad:
		return false
	case c == end:
		s.at++
		s.depth--
		return false
	case fresh && c != 0:
		return true
	case !fresh && c == ',':
		s.at++
		return true
	}
	s.fail()
	return false
}

// key takes a key and the colon behind it. It returns the key's text when that is Latin-1 and short,
// and else a key that is nobody's. It is good until the next call.
func (s *scanner) key() []byte {
	key := s.latin()
	if s.peek() != ':' {
		s.fail()
		return nil
	}
	s.at++
	return key
}

// skip takes any value.
func (s *scanner) skip() {
	switch c := s.peek(); c {
	case '{':
		if s.open('{') {
			for s.next('}') {
				s.string()
				if s.peek() != ':' {
					s.fail()
				} else {
					s.at++
				}
				s.skip()
			}
		}
	case '[':
		if s.open('[') {
			for s.next(']') {
				s.skip()
			}
		}
	case '"':
		s.string()
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

// raw takes any value and returns it as it was written.
func (s *scanner) raw() []byte {
	s.peek()
	start := s.at
	s.skip()
	return s.text[start:s.at:s.at]
}

func (s *scanner) literal(word string) {
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		s.fail()
		return
	}
	s.at += len(word)
}

// end reports whether nothing but whitespace is left, and nothing was wrong.
func (s *scanner) end() bool {
	s.peek()
	return !s.bad && s.at == len(s.text)
}
