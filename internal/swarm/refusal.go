package swarm

import "errors"

// A Reason is why a request was refused. The list is closed: its words are metric labels and log
// values, its sentences are what clients see.
type Reason uint8

const (
	InvalidRequest Reason = iota
	InvalidInfoHash
	InvalidPeerID
	InvalidPort
	Overloaded
	Unavailable
	Busy
	Internal
)

// Reasons is how many reasons there are; every Reason is below it.
const Reasons = 8

var reasons = [Reasons]struct {
	word, sentence string
	permanent      bool
}{
	InvalidRequest:  {"invalid_request", "invalid request", true},
	InvalidInfoHash: {"invalid_info_hash", "invalid info hash", true},
	InvalidPeerID:   {"invalid_peer_id", "invalid peer ID", true},
	InvalidPort:     {"invalid_port", "invalid port", true},
	Overloaded:      {"overloaded", "tracker is full, try again later", false},
	Unavailable:     {"unavailable", "tracker is unavailable, try again later", false},
	Busy:            {"busy", "tracker is busy, try again later", false},
	Internal:        {"internal", "internal error", false},
}

// String returns the reason's word.
func (r Reason) String() string { return reasons[r].word }

// Sentence returns what a client is told.
func (r Reason) Sentence() string { return reasons[r].sentence }

// Permanent reports whether the same request will never be accepted, so that trying again is
// pointless (BEP 31, "never").
func (r Reason) Permanent() bool { return reasons[r].permanent }

// RefusedError is a refusal whose text may be shown to the client. Any other error is ours, and
// clients only learn that something went wrong.
type RefusedError struct{ Reason Reason }

func (e RefusedError) Error() string { return e.Reason.Sentence() }

// ReasonOf returns what a client is told of err: the reason of a refusal, or Internal.
func ReasonOf(err error) Reason {
	if refused, ok := errors.AsType[RefusedError](err); ok {
		return refused.Reason
	}
	return Internal
}
