package tracker

import (
	"context"

	"github.com/starling-tracker/starling/internal/swarm"
)

// Leases is what a store does for the records of browsers besides announces. A record lasts for a
// lease, so that those of a replica that was killed are soon gone, and who holds a browser's socket
// renews it. An announce, from whichever session, takes the record over: it has the announce's
// version from then on, and no other session can remove it.
//
// A call's records may be of any number of swarms, and are dealt with in their order; those of one swarm
// in turn with its announces. A call that fails may have done its work for any of its records.
// storetest.Run holds every implementation to this.
type Leases interface {
	// Renew writes each record again for another lease, whatever is there and however full the store
	// is, and sets its new Version in place. No download counts as completed by it. When it fails, a
	// record whose Version is the old one may have been written all the same, so it tells little
	// before the next Renew.
	Renew(ctx context.Context, records []swarm.Record) error
	// Release removes those records that are still as their versions wrote them.
	Release(ctx context.Context, records []swarm.Record) error
	// Held appends to held how each record stands, in their order.
	Held(ctx context.Context, records []swarm.Record, held []swarm.Holding) ([]swarm.Holding, error)
}
