package redisstore

import (
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A hint is what a replica remembers of a swarm: enough to choose commands by, never to answer by.
// Any of it may be out of date or forgotten.
type hint struct {
	pools     [swarm.Families]poolHint
	completed uint32
	read      uint32 // second in which completed was; zero for never
}

// A poolHint is what is remembered of one pool. Seconds are zero for never.
type poolHint struct {
	seeders, leechers uint32
	counted           uint32 // second of the counts
	kept              uint32 // second of the last EXPIRE
	purged            uint32 // second of the last purge
}

// hints are those of one lane, which alone uses them: at most limit swarms, of which any makes room
// for a new one.
type hints struct {
	limit  int
	swarms map[bittorrent.InfoHash]*hint
}

func newHints(limit int) *hints {
	return &hints{limit: max(limit, 1), swarms: map[bittorrent.InfoHash]*hint{}}
}

// of returns the hint of a swarm, a new one when there is none.
func (x *hints) of(h bittorrent.InfoHash) *hint {
	if known := x.swarms[h]; known != nil {
		return known
	}
	if len(x.swarms) >= x.limit {
		for other := range x.swarms {
			delete(x.swarms, other)
			break
		}
	}
	fresh := new(hint)
	x.swarms[h] = fresh
	return fresh
}

// since returns how many seconds ago then was, many when it was never or lies ahead.
func since(then uint32, now second) int64 {
	const many = 1 << 40
	if then == 0 || int64(now) < int64(then) {
		return many
	}
	return int64(now) - int64(then)
}
