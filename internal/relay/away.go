package relay

import (
	"log/slog"

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

// answerAlone answers a with what this replica's sessions say, because of err, and appends its list to peers.
// How many downloads finished is not known here. A mistake of ours is logged: nobody else gets to see it.
func (r *Relay) answerAlone(a *swarm.Announce, peers *swarm.Peers, err error) swarm.Reply {
	if swarm.ReasonOf(err) == swarm.Internal {
		r.log.Error("announce of a browser failed", slog.Any("err", err))
	}
	r.metrics.alone.Inc()
	peers.Reset()
	stats := r.rooms.sample(a.InfoHash, a.Peer.ID(), a.Seeder, a.NumWant, peers)
	return swarm.Reply{Result: swarm.Result{Stats: stats}}
}
