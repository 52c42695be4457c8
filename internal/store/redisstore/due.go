package redisstore

import (
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// dues are what an answer shows to be due. They ride in the lane's next pipeline, with the announces that
// came meanwhile; no reply waits for them.
type dues struct {
	completed bool // a download ended
	leave     bool // the announcer was one too many
	keep      bool // the key may be new, and must not stay for ever
}

// A due is something due for a peer of a swarm.
type due struct {
	dues
	hash bittorrent.InfoHash
	peer swarm.Peer

	kept *redis.IntCmd // the expiry that was sent for it
}

// pressing reports whether d is worth a pipeline of its own when nobody announces: the counts that other
// replicas tell depend on it.
func (d due) pressing() bool { return d.completed || d.leave }

const (
	// dueWait is how long what is due, and does not press, waits for an announce to ride with.
	dueWait = time.Second
	// maxPaid is how much of what is due rides in one pipeline.
	maxPaid = 512
	// maxDue is how much may be due before keys are left without their expiry. So much is due only when
	// Redis has been away under load.
	maxDue = 1 << 16
	// factsKept is how long the facts of a swarm are kept after the last download that ended: 30 days, in
	// seconds.
	factsKept = 30 * 24 * 3600
)

// cutOff reports whether Redis did not answer what was sent for d, as far as that was noted.
func (d due) cutOff() bool { return d.kept != nil && cutOff(d.kept.Err()) }

// unpaid returns a channel that gets a value when what is due has waited long enough.
func (l *lane) unpaid() <-chan time.Time {
	if len(l.due) == 0 {
		return nil
	}
	return time.After(dueWait)
}

// owe remembers what an answer shows to be due.
func (l *lane) owe(d dues, o *op) {
	if d != (dues{}) && (len(l.due) < maxDue || d.completed || d.leave) {
		l.due = append(l.due, due{dues: d, hash: o.announce.InfoHash, peer: o.announce.Peer})
	}
}

// leaving reports whether the announcer of o was just refused, and has a record that is still to go.
func (l *lane) leaving(o *op) bool {
	return slices.ContainsFunc(l.due, func(d due) bool {
		return d.leave && d.hash == o.announce.InfoHash && d.peer == o.announce.Peer
	})
}

// pay puts what is due into the pipeline.
func (l *lane) pay(c *call) {
	n := min(len(l.due), maxPaid)
	l.paid = append(l.paid[:0], l.due[:n]...)
	l.due = l.due[:copy(l.due, l.due[n:])]
	for i := range l.paid {
		d := &l.paid[i]
		pool := any(l.store.conn.Pool(d.peer.Family(), d.hash))
		if d.completed {
			key := any(l.store.conn.Facts(d.hash))
			c.int("hincrby", key, "completed", 1)
			c.int("expire", key, factsKept)
		}
		if d.leave {
			c.int("zrem", pool, string(d.peer.AppendCompact(nil)))
		}
		if d.keep {
			d.kept = l.store.keep(c, pool)
		}
	}
}

// remember makes due again what the pipeline did not do and can be done twice: an expiry. A completion that
// was counted twice would be worse than one that is lost.
func (l *lane) remember() {
	for _, d := range l.paid {
		if d.cutOff() && len(l.due) < maxDue {
			l.due = append(l.due, due{dues: dues{keep: true}, hash: d.hash, peer: d.peer})
		}
	}
}
