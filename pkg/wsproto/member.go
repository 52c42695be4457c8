package wsproto

import "github.com/starling-tracker/starling/pkg/bittorrent"

// action takes any value.
func (s *scanner) action() (k Kind, ok bool) {
	if s.peek() != '"' {
		s.skip()
		return 0, false
	}
	switch string(s.latin()) {
	case "announce":
		return KindAnnounce, true
	case "scrape":
		return KindScrape, true
	}
	return 0, false
}

// event takes any value. Some clients name a regular announce where others are silent, and a browser that
// pauses is one of the swarm as before, since who it is connected to is its own matter.
func (s *scanner) event() (e bittorrent.Event, bad bool) {
	switch s.peek() {
	case 'n':
		s.skip()
		return bittorrent.None, false
	case '"':
		return eventNamed(s.latin())
	}
	s.skip()
	return bittorrent.None, true
}

// eventNamed reads an event in any case, and leaves word in lower case.
func eventNamed(word []byte) (e bittorrent.Event, bad bool) {
	for i, c := range word {
		if 'A' <= c && c <= 'Z' {
			word[i] = c | 0x20
		}
	}
	switch string(word) {
	case "", "empty", "update", "paused":
		return bittorrent.None, word == nil // which is none of these: too long, or not Latin-1
	case "started":
		return bittorrent.Started, false
	case "stopped":
		return bittorrent.Stopped, false
	case "completed":
		return bittorrent.Completed, false
	}
	return bittorrent.None, true
}

// hashes is what a message's info_hash is.
type hashes uint8

const (
	noHash  hashes = iota // absent or null
	badHash               // something else
	oneHash
	someHashes // a list, of which a scrape alone knows what to do
)

// scanHashes takes any value, the info_hash.
func (m *Message) scanHashes(s *scanner) hashes {
	m.InfoHash, m.HasInfoHash, m.Hashes = bittorrent.InfoHash{}, false, m.Hashes[:0]
	switch s.peek() {
	case 'n':
		s.skip()
		return noHash
	case '[':
		return m.scanList(s)
	}
	id, ok := s.id()
	if !ok {
		return badHash
	}
	m.InfoHash, m.HasInfoHash = id, true
	m.Hashes = append(m.Hashes, id)
	return oneHash
}

func (m *Message) scanList(s *scanner) hashes {
	result := someHashes
	s.open('[')
	for s.next(']') {
		if len(m.Hashes) == MaxScrapeHashes {
			s.skip()
			continue
		}
		id, ok := s.id()
		if !ok {
			result = badHash
		}
		m.Hashes = append(m.Hashes, id)
	}
	return result
}

// scanOffers takes any value, the offers.
func (m *Message) scanOffers(s *scanner) {
	m.Offers, m.SkippedOffers, m.IgnoredOffers = m.Offers[:0], 0, 0
	if s.peek() != '[' {
		s.skip()
		return
	}
	most := m.MaxOffers
	if most == 0 {
		most = DefaultMaxOffers
	}
	s.open('[')
	for s.next(']') {
		if len(m.Offers) >= most {
			s.skip()
			m.IgnoredOffers++
		} else if o, ok := s.offer(); ok {
			m.Offers = append(m.Offers, o)
		} else {
			m.SkippedOffers++
		}
	}
}

// offer takes any value, an item of the offers.
func (s *scanner) offer() (o Offer, ok bool) {
	if s.peek() != '{' {
		s.skip()
		return o, false
	}
	hasID, bad := false, true
	s.open('{')
	for s.next('}') {
		switch string(s.key()) {
		case "offer":
			o.SDP, bad = s.description()
		case "offer_id":
			o.ID, hasID = s.id()
		default:
			s.skip()
		}
	}
	return o, hasID && !bad
}

// description takes any value and returns it as it was written. It is bad unless it is an object with a
// string "sdp", without which the receiver's browser throws.
func (s *scanner) description() (raw []byte, bad bool) {
	if s.peek() != '{' {
		s.skip()
		return nil, true
	}
	start := s.at
	bad = true
	s.open('{')
	for s.next('}') {
		if string(s.key()) == "sdp" {
			bad = s.peek() != '"'
		}
		s.skip()
	}
	return s.text[start:s.at:s.at], bad
}
