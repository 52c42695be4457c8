package redisstore

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

// The score of a browser is its expiry as well, moved up by counterBits to make room for a counter of
// the replica that wrote it. No other write of the record has the same score, so the score is its
// version, role and all: who would remove what it wrote removes the members of that score. Up to 2^53
// a score is exact, which is enough for as many seconds as other scores have.

// counterBits is how many of a score count the writes of a replica. They go round after 4 million,
// many more than there are in a second.
const counterBits = 22

// versions counts the writes of browsers' records by one replica.
type versions struct{ count atomic.Uint32 }

// start begins anywhere, so that replicas do not count alike.
func (v *versions) start() {
	v.count.Store(rand.Uint32()) //nolint:gosec // nothing is lost if it is guessed
}

// next returns the version of a record that is written now.
func (v *versions) next(now second, lease time.Duration, seeder bool) swarm.Version {
	n := v.count.Add(1) % (1 << counterBits)
	return swarm.Version(signed(int64(expiry(now, lease))<<counterBits+int64(n), seeder))
}

// expiryOf returns the second at which a peer expires that has a score.
func expiryOf(f swarm.Family, score int64) second {
	size := max(score, -score)
	if f == swarm.WebRTC {
		size >>= counterBits
	}
	return second(size)
}

// lastScore returns the largest size that the score of a peer has which expires at the second at.
func lastScore(f swarm.Family, at second) int64 {
	if f == swarm.WebRTC {
		return int64(at+1)<<counterBits - 1
	}
	return int64(at)
}

// newScore returns the score to write the announcer of o with. That of a browser is new each time, and
// its version.
func (s *Store) newScore(c *call, o *op) int64 {
	a := &o.announce
	if a.Peer.Family() == swarm.WebRTC {
		o.version = s.versions.next(c.now, s.opts.Lease, a.Seeder)
		return int64(o.version)
	}
	return signed(int64(expiry(c.now, s.opts.PeerLifetime)), a.Seeder)
}

// removeVersion removes the record that v wrote, if it is still so. There is none whose score is that
// of no version.
func (c *call) removeVersion(key any, v swarm.Version) *redis.IntCmd {
	return c.int("zremrangebyscore", key, int64(v), int64(v))
}
