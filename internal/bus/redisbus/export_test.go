package redisbus

import "github.com/starling-tracker/starling/internal/swarm"

// ValidJSON reports whether text is one JSON value.
func ValidJSON(text []byte) bool { return validJSON(text) }

// MaxDepth is how deep an SDP may be nested.
const MaxDepth = maxDepth

// AppendMessage appends the message for s of the replica from.
func AppendMessage(b []byte, s *swarm.Signal, from [8]byte) []byte { return appendMessage(b, s, from) }

// ParseMessage fills all of s but its To.
func ParseMessage(message []byte, maxSDP int, s *swarm.Signal) bool {
	return parseMessage(message, maxSDP, s)
}

// Drain forgets what waits in the lanes, of a bus that does not run.
func Drain(b *Bus) {
	for _, l := range b.lanes {
		l.take()
	}
}
