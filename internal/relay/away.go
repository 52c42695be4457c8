package relay

import (
	"github.com/starling-tracker/starling/internal/swarm"
)

// away reports whether err is that the store could not do what it was asked for, and not its verdict on it.
func away(err error) bool {
	if err == nil {
		return false
	}
	switch swarm.ReasonOf(err) {
	case swarm.Unavailable, swarm.Busy, swarm.Internal:
		return true
	default:
		return false
	}
}

// answerAlone answers a with what this replica's sessions say, and appends its list to peers. How many
// downloads finished is not known here.
func (r *Relay) answerAlone(a *swarm.Announce, peers *swarm.Peers) swarm.Reply {
	r.metrics.alone.Inc()
	peers.Reset()
	stats := r.rooms.sample(a.InfoHash, a.Peer.ID(), a.Seeder, a.NumWant, peers)
	return swarm.Reply{Result: swarm.Result{Stats: stats}}
}
