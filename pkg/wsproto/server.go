package wsproto

import (
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A ServerMessage is what a tracker sends: a reply, an offer, an answer, a scrape's reply or a failure.
// It is for use again, and keeps its slice for that.
type ServerMessage struct {
	Kind Kind // KindReply, KindOffer, KindAnswer, KindScrape or KindFailure

	InfoHash    bittorrent.InfoHash // all but a scrape's reply have one, if HasInfoHash
	HasInfoHash bool                // always, but for failures

	// Of a reply. Numbers that are missing or none are zero.
	Complete, Incomplete  uint32 // seeders, leechers
	Interval, MinInterval uint32 // seconds
	Warning               string

	// Of an offer and an answer:
	PeerID  bittorrent.PeerID // who offers or answers
	OfferID bittorrent.OfferID
	SDP     []byte // a JSON object with a string "sdp", a part of the message that was parsed

	Files []ScrapeFile // of a scrape's reply

	Reason string // of a failure
}

// ParseServer fills m from a tracker's message. It is as lenient as webtorrent: a failure needs no
// action, and is one whatever else is there; unknown members are skipped. Its errors are all of type
// Error; after one, nothing of m means anything.
func ParseServer(data []byte, m *ServerMessage) error {
	*m = ServerMessage{Files: m.Files[:0]}
	if !utf8.Valid(data) {
		return ErrMalformed
	}
	s := scanner{text: data}
	var f serverFields
	f.scan(&s, m)
	if !s.end() {
		return ErrMalformed
	}
	return f.judge(m)
}

// serverFields is what is known of a message's members besides the ServerMessage.
type serverFields struct {
	action          Kind
	hasAction       bool
	peerID, offerID bool // they are valid
	offer, answer   bool // there is one
	badOffer        bool
	badAnswer       bool
	failure         bool
	answerSDP       []byte
}

func (f *serverFields) scan(s *scanner, m *ServerMessage) {
	if !s.open('{') {
		s.fail()
		return
	}
	for s.next('}') {
		switch string(s.key()) {
		case "action":
			f.action, f.hasAction = s.action()
		case "info_hash":
			m.InfoHash, m.HasInfoHash = s.id()
		case "peer_id":
			m.PeerID, f.peerID = s.id()
		case "offer_id":
			m.OfferID, f.offerID = s.id()
		case "offer":
			f.offer = s.peek() != 'n'
			m.SDP, f.badOffer = s.description()
		case "answer":
			f.answer = s.peek() != 'n'
			f.answerSDP, f.badAnswer = s.description()
		case "complete":
			m.Complete = s.count()
		case "incomplete":
			m.Incomplete = s.count()
		case "interval":
			m.Interval = s.count()
		case "min interval":
			m.MinInterval = s.count()
		case "files":
			m.scanFiles(s)
		case "warning message":
			m.Warning = s.prose()
		case "failure reason":
			f.failure = s.peek() != 'n'
			m.Reason = s.prose()
		default:
			s.skip()
		}
	}
}

func (f *serverFields) judge(m *ServerMessage) error {
	switch {
	case f.failure:
		m.Kind = KindFailure
		return nil
	case !f.hasAction:
		return ErrAction
	case f.action == KindScrape:
		m.Kind = KindScrape
		return nil
	case !m.HasInfoHash:
		return ErrInfoHash
	case !f.offer && !f.answer:
		m.Kind = KindReply
		return nil
	case !f.peerID:
		return ErrPeerID
	case !f.offerID:
		return ErrOfferID
	case f.offer && f.badOffer:
		return ErrOffer
	case f.offer:
		m.Kind = KindOffer
		return nil
	case f.badAnswer:
		return ErrAnswer
	}
	m.Kind, m.SDP = KindAnswer, f.answerSDP
	return nil
}

// scanFiles takes any value, the files of a scrape's reply. Keys that are no hash are left out.
func (m *ServerMessage) scanFiles(s *scanner) {
	m.Files = m.Files[:0]
	if s.peek() != '{' {
		s.skip()
		return
	}
	s.open('{')
	for s.next('}') {
		key := s.key()
		f := ScrapeFile{}
		n := copy(f.InfoHash[:], key)
		known := n == len(f.InfoHash) && n == len(key)
		f.scan(s)
		if known {
			m.Files = append(m.Files, f)
		}
	}
}

func (f *ScrapeFile) scan(s *scanner) {
	if s.peek() != '{' {
		s.skip()
		return
	}
	s.open('{')
	for s.next('}') {
		switch string(s.key()) {
		case "complete":
			f.Complete = s.count()
		case "incomplete":
			f.Incomplete = s.count()
		case "downloaded":
			f.Downloaded = s.count()
		default:
			s.skip()
		}
	}
}

// count takes any value, and reads it if it is a number: the digits before a point, and zero for what is
// negative or has an exponent. More than fits is the most that does.
func (s *scanner) count() uint32 {
	var n uint64
	for _, c := range s.raw() {
		switch {
		case c == '.':
			return uint32(n)
		case c < '0' || c > '9':
			return 0
		}
		n = min(n*10+uint64(c-'0'), math.MaxUint32)
	}
	return uint32(n)
}

// prose takes any value and returns its text: that of a string or of null, and else the value as it was
// written.
func (s *scanner) prose() (text string) {
	raw := s.raw()
	if !s.bad && json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}
