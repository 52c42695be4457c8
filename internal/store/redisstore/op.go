package redisstore

import (
	"errors"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An op is an announce, the scrape of one swarm, or something done with records of one, on its way
// through a lane.
type op struct {
	announce swarm.Announce // of a scrape the info hash alone
	scrape   bool
	batch    batch
	group    *group // of those that somebody waits for together
	own      group  // for an op that is waited for alone

	// What came of it, for who asked.
	stats   swarm.Stats
	version swarm.Version
	peers   swarm.Peers
	err     error

	state atomic.Uint32

	// What it says in commands.
	hint   *hint
	keys   [swarm.Families]string
	member string // compact form of the announcer
	kept   bool   // its pool's key was given a new expiry
	score  int64

	// What is read of its replies. They are the lane's.
	moved, added *redis.IntCmd
	counts       [swarm.Families]roleCounts
	completed    *redis.StringCmd
	windows      [swarm.Families][]window
	wants        [swarm.Families]want
}

// roleCounts are the counts that an op asks for of one pool; nil when it relies on the hint.
type roleCounts struct{ seeders, leechers *redis.IntCmd }

// States of an op that somebody waits for.
const (
	waited = iota
	finished
	abandoned
)

// reset makes o ready for the next announce.
func (o *op) reset() {
	o.peers.Reset()
	for f := range o.windows {
		o.windows[f] = o.windows[f][:0]
	}
	o.batch.reset()
	o.stats, o.version, o.err = swarm.Stats{}, 0, nil
	o.hint, o.keys, o.kept = nil, [swarm.Families]string{}, false
	o.moved, o.added, o.completed = nil, nil, nil
	o.counts = [swarm.Families]roleCounts{}
	o.wants = [swarm.Families]want{}
	o.state.Store(waited)
}

// A call is one pipeline that is being made.
type call struct {
	*commands
	now  second
	live [swarm.Families]liveRange
}

// A liveRange is where the scores of the living end and begin, as ZCOUNT has them.
type liveRange struct{ seedersTo, leechersFrom any }

var (
	inf      any = "+inf"
	minusInf any = "-inf"
)

// count asks for the live members of a pool.
func (c *call) count(f swarm.Family, key any) roleCounts {
	return roleCounts{
		seeders:  c.int("zcount", key, minusInf, c.live[f].seedersTo),
		leechers: c.int("zcount", key, c.live[f].leechersFrom, inf),
	}
}

// result reads the counts of a pool, or takes them from the hint when they were not asked for.
func (r roleCounts) result(h *poolHint, now second) (swarm.Stats, error) {
	if r.seeders == nil {
		return swarm.Stats{Seeders: h.seeders, Leechers: h.leechers}, nil
	}
	s, err1 := r.seeders.Result()
	l, err2 := r.leechers.Result()
	if err := errors.Join(err1, err2); err != nil {
		return swarm.Stats{}, err
	}
	h.seeders, h.leechers, h.counted = uint32(s), uint32(l), uint32(now)
	return swarm.Stats{Seeders: h.seeders, Leechers: h.leechers}, nil
}

func (o *op) stopped() bool { return o.announce.Event == bittorrent.Stopped }
