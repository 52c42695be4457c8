package swarm

import "github.com/starling-tracker/starling/pkg/bittorrent"

// A SignalKind is what a signal is about.
type SignalKind uint8

const (
	Offer  SignalKind = iota // a browser offers a connection to another one
	Answer                   // the other one answers
	Taking                   // a session announced the browser To, which was another session's or nobody's
	Gap                      // signals to the browser To may have been missed; no replica sends it, buses say it
)

// SignalKinds is how many kinds there are; every SignalKind is below it.
const SignalKinds = 4

var signalKindNames = [SignalKinds]string{"offer", "answer", "taken", "gap"}

// String returns the kind's metric label.
func (k SignalKind) String() string { return signalKindNames[k] }

// A Signal is for the session of one browser, on whatever replica it is.
type Signal struct {
	Kind     SignalKind
	To       bittorrent.PeerID
	From     bittorrent.PeerID   // who offers or answers
	InfoHash bittorrent.InfoHash // the swarm in which both are, or To was announced; zero in a Gap
	OfferID  bittorrent.OfferID  // of an Offer, and of the Answer to it
	// SDP is the offer or the answer, a JSON value as its browser sent it. Nobody reads more in it, and
	// nobody changes it.
	SDP   []byte
	Stamp Stamp // of a Taking
}

// An Offered is one of the offers in a browser's announce, for whoever it will be given to. It is not named
// Offer, which is the kind of the signal that it becomes.
type Offered struct {
	ID  bittorrent.OfferID
	SDP []byte // as in a Signal
}

// A Stamp says when a session announced a browser first, and on which replica, so that of two replicas
// that believe to have a browser both know who was later.
type Stamp struct {
	Time    int64  // microseconds since 1970, by the clock that the replicas share
	Replica uint64 // random, another one at each start of a replica
}

// After reports whether s is later than other. Of two that are not of one replica one is.
func (s Stamp) After(other Stamp) bool {
	if s.Time != other.Time {
		return s.Time > other.Time
	}
	return s.Replica > other.Replica
}
