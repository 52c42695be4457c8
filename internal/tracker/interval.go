package tracker

import (
	"encoding/binary"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
)

// jitterSteps is how finely the jitter divides its 20 %.
const jitterSteps = 1 << 10

// interval returns when the announcer of a is to come back. With jitter it lies within 10 % of
// the configured interval and depends on the swarm and the peer alone, so that every replica says
// the same, and says it again next time. It is never less than a second: all protocols count in
// seconds, and round down.
func (t *Tracker) interval(a *swarm.Announce) time.Duration {
	if !t.opts.IntervalJitter {
		return t.opts.Interval
	}
	part := float64(spread(a)%jitterSteps) / jitterSteps // from 0 to 1
	return max(time.Duration(float64(t.opts.Interval)*(0.9+0.2*part)), time.Second)
}

// spread mixes info hash and peer into a number of which every bit depends on both. Who wants a
// special one may search for it, and gains an interval within the same 20 %.
func spread(a *swarm.Announce) uint64 {
	var buf [24]byte
	key := a.Peer.AppendCompact(buf[:0])
	var n uint64
	for off := 0; off < len(key); off += 8 {
		n = (n ^ binary.LittleEndian.Uint64(buf[off:])) * 0x9e3779b97f4a7c15
		n ^= n >> 32
	}
	n = (n ^ binary.LittleEndian.Uint64(a.InfoHash[:])) * 0x9e3779b97f4a7c15
	return n >> 32
}
