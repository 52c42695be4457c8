package tracker

import (
	"context"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Bus carries signals to the replica where the addressed browser is connected. At most once: a lost
// offer costs its client one retry, so nothing is queued for who is away, stored or repeated.
// bustest.Run holds every implementation to this.
type Bus interface {
	// Publish sends each signal towards its To. One that a subscriber of this replica accepts goes no
	// further, except for a Taking, which is for the others. Publish does not wait for the other replicas,
	// and what it drops it counts. It keeps nothing of signals.
	Publish(signals ...swarm.Signal)
	// Subscribe calls deliver for each signal addressed to id until stop is called; once for an id, which
	// nobody subscribes to twice. deliver reports whether it accepts the signal, must not block, and may
	// keep the SDP. When Subscribe returns without an error, signals published anywhere will arrive. With
	// an error the subscription stands all the same: what this replica publishes arrives, and a Gap is
	// delivered once all does. stop is never nil.
	Subscribe(ctx context.Context, id bittorrent.PeerID, deliver func(*swarm.Signal) bool) (stop func(), err error)
}
