package redisbus

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A message is
//
//	version  1 byte
//	kind     1 byte, a letter
//	tag      8 bytes, of the replica that sent it
//	swarm    20 bytes
//
// and then, of an offer or an answer
//
//	from     20 bytes
//	offer ID 20 bytes
//	SDP      the rest, JSON
//
// or of a taking
//
//	time     8 bytes
//	replica  8 bytes
//
// To is in the channel's name.
const (
	version   = 1
	headBytes = 1 + 1 + tagBytes + 20
	sdpAt     = headBytes + 20 + 20
	takenSize = headBytes + 8 + 8
)

// tagBytes is long enough that replicas never meet theirs again.
const tagBytes = 8

// A tag tells a replica's own messages from those of others, since Redis sends it both. It is another one at
// each start.
type tag [tagBytes]byte

const (
	offerLetter  = 'o'
	answerLetter = 'a'
	takenLetter  = 't'
)

// appendMessage appends the message for s to b. A Gap has none, and leaves b as it is.
func appendMessage(b []byte, s *swarm.Signal, from tag) []byte {
	var letter byte
	switch s.Kind {
	case swarm.Offer:
		letter = offerLetter
	case swarm.Answer:
		letter = answerLetter
	case swarm.Taking:
		letter = takenLetter
	default:
		return b
	}
	b = append(b, version, letter)
	b = append(b, from[:]...)
	b = append(b, s.InfoHash[:]...)
	if s.Kind == swarm.Taking {
		b = binary.BigEndian.AppendUint64(b, uint64(s.Stamp.Time))
		return binary.BigEndian.AppendUint64(b, s.Stamp.Replica)
	}
	b = append(b, s.From[:]...)
	b = append(b, s.OfferID[:]...)
	return append(b, s.SDP...)
}

// sentBy reports whether a message, well-formed or not, says that it is of the replica t.
func sentBy(t tag, message string) bool {
	return len(message) >= headBytes && message[2:2+tagBytes] == string(t[:])
}

// parseMessage fills all of s but its To. The SDP is a part of message. It reports whether message is exactly
// as appendMessage makes them, with an SDP of at most maxSDP bytes that may be put into a browser's JSON as
// it is: whoever may publish in Redis may have written it.
func parseMessage(message []byte, maxSDP int, s *swarm.Signal) bool {
	if len(message) < headBytes || message[0] != version {
		return false
	}
	s.InfoHash = [20]byte(message[2+tagBytes:])
	switch message[1] {
	case offerLetter:
		s.Kind = swarm.Offer
	case answerLetter:
		s.Kind = swarm.Answer
	case takenLetter:
		if len(message) != takenSize {
			return false
		}
		s.Kind = swarm.Taking
		s.Stamp.Time = int64(binary.BigEndian.Uint64(message[headBytes:]))
		s.Stamp.Replica = binary.BigEndian.Uint64(message[headBytes+8:])
		return true
	default:
		return false
	}
	if len(message) <= sdpAt || len(message)-sdpAt > maxSDP {
		return false
	}
	s.From = [20]byte(message[headBytes:])
	s.OfferID = [20]byte(message[headBytes+20:])
	s.SDP = message[sdpAt:len(message):len(message)]
	return utf8.Valid(s.SDP) && validJSON(s.SDP)
}
