package wsproto

import (
	"unicode/utf8"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A Message is what a client sends: an announce, an answer or a scrape. It is for use again, and keeps
// its slices for that.
type Message struct {
	// MaxOffers bounds Offers. Parse does not change it; zero means DefaultMaxOffers.
	MaxOffers int

	Kind Kind // KindAnnounce, KindAnswer or KindScrape

	// InfoHash is the swarm, if HasInfoHash. With an error other than ErrMalformed it is there whenever
	// the message named one, so that the refusal can name it too. A scrape's are Hashes.
	InfoHash    bittorrent.InfoHash
	HasInfoHash bool

	PeerID bittorrent.PeerID // of an announce and an answer: who sends it

	// Of an announce:
	Event  bittorrent.Event // None, Started, Stopped or Completed
	Left   Left
	Offers []Offer // none of who stops; an offer's SDP is a part of the message that was parsed

	SkippedOffers int // they were no offers: without a valid offer_id, or without an object with "sdp"
	IgnoredOffers int // they were more than MaxOffers

	// Of an answer:
	ToPeerID bittorrent.PeerID // who offered
	OfferID  bittorrent.OfferID
	Answer   []byte // a JSON object with a string "sdp", a part of the message that was parsed

	// Of a scrape; Hashes of others is of no meaning:
	Hashes []bittorrent.InfoHash // at most MaxScrapeHashes; those behind them are not looked at
	All    bool                  // it names no swarm at all, not even none, and so asks for all of them
}

// Parse fills m from a client's message. Its errors are all of type Error; after one, only m.InfoHash and
// m.HasInfoHash mean anything.
func Parse(data []byte, m *Message) error {
	*m = Message{MaxOffers: m.MaxOffers, Offers: m.Offers[:0], Hashes: m.Hashes[:0]}
	// Before anything else: neither a scanner of JSON nor a WebSocket library looks at it, and one raw
	// 0xff in an SDP that is relayed makes every browser that gets it drop its socket.
	if !utf8.Valid(data) {
		return ErrMalformed
	}
	s := scanner{text: data}
	var f fields
	f.scan(&s, m)
	if !s.end() {
		m.InfoHash, m.HasInfoHash = bittorrent.InfoHash{}, false
		return ErrMalformed
	}
	return f.judge(m)
}

// fields is what is known of a message's members besides the Message. They come in any order, so what
// is wrong with them is judged when all are there.
type fields struct {
	action              Kind // KindAnnounce or KindScrape, if hasAction
	hasAction           bool
	event               bittorrent.Event
	badEvent            bool
	peerID, to, offerID bool // they are valid
	answer              bool // there is one
	badAnswer           bool
	hash                hashes
}

func (f *fields) scan(s *scanner, m *Message) {
	if !s.open('{') {
		s.fail()
		return
	}
	for s.next('}') {
		switch string(s.key()) {
		case "action":
			f.action, f.hasAction = s.action()
		case "info_hash":
			f.hash = m.scanHashes(s)
		case "peer_id":
			m.PeerID, f.peerID = s.id()
		case "event":
			f.event, f.badEvent = s.event()
		case "left":
			m.Left = s.left()
		case "offers":
			m.scanOffers(s)
		case "to_peer_id":
			m.ToPeerID, f.to = s.id()
		case "offer_id":
			m.OfferID, f.offerID = s.id()
		case "answer":
			f.answer = s.peek() != 'n'
			m.Answer, f.badAnswer = s.description()
		default:
			s.skip()
		}
	}
}

func (f *fields) judge(m *Message) error {
	switch {
	case !f.hasAction:
		return ErrAction
	case f.action == KindScrape:
		m.Kind = KindScrape
		m.All = f.hash == noHash
		if f.hash == badHash {
			return ErrInfoHash
		}
		return nil
	case f.hash != oneHash:
		return ErrInfoHash
	case !f.peerID:
		return ErrPeerID
	case f.answer:
		return f.judgeAnswer(m)
	case f.badEvent:
		return ErrEvent
	}
	m.Event = f.event
	if f.event == bittorrent.Stopped {
		m.Offers = m.Offers[:0]
	}
	return nil
}

func (f *fields) judgeAnswer(m *Message) error {
	m.Kind = KindAnswer
	switch {
	case !f.to:
		return ErrToPeerID
	case !f.offerID:
		return ErrOfferID
	case f.badAnswer:
		return ErrAnswer
	}
	m.Offers = m.Offers[:0]
	return nil
}
