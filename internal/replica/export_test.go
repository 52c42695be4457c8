package replica

import "context"

// Beat is one heartbeat, for replicas that do not run.
func (r *Replica) Beat(ctx context.Context) error { return r.beat(ctx) }

// Probe asks whether Redis is there.
func (r *Replica) Probe(ctx context.Context) (lost bool, err error) { return r.probe(ctx) }

// MaxListed is how many replicas a list has at most.
const MaxListed = maxListed

// List lists the replicas by r's clock.
func (r *Replica) List(ctx context.Context) ([]Info, error) { return List(ctx, r.conn, r.opts.Now()) }
