package relay

import (
	"hash/maphash"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An asking is an offer as its session remembers it: who is to answer which one.
type asking struct {
	hash  bittorrent.InfoHash
	offer bittorrent.OfferID
	peer  bittorrent.PeerID
}

// A sum stands for an asking, which is 60 bytes long. Nobody who does not know the seed finds another one
// with the same sum.
type sum uint64

var pendingSeed = maphash.MakeSeed()

func (a asking) sum() sum { return sum(maphash.Comparable(pendingSeed, a)) }

// A pending is the offers that a session has made of late, each until it is too old or one of too many.
// The zero pending is empty.
type pending struct {
	until map[sum]time.Duration // in Relay.since
	queue []asked               // oldest first, from head on; of an offer that was made again only the last counts
	head  int
}

type asked struct {
	sum   sum
	until time.Duration
}

// add remembers a for life, and returns how many it had to forget before their time, of limit at most.
func (p *pending) add(a asking, now, life time.Duration, limit int) (forgot int) {
	for p.len() > 0 && p.queue[p.head].until <= now {
		p.pop()
	}
	for p.len() >= limit {
		forgot += p.pop()
	}
	if p.head > len(p.queue)/2 {
		n := copy(p.queue, p.queue[p.head:])
		p.queue, p.head = p.queue[:n], 0
	}
	if p.until == nil {
		p.until = make(map[sum]time.Duration)
	}
	entry := asked{a.sum(), now + life}
	p.until[entry.sum] = entry.until
	p.queue = append(p.queue, entry)
	return forgot
}

// pop takes the oldest entry off, and returns 1 if that forgets the offer.
func (p *pending) pop() (forgot int) {
	oldest := p.queue[p.head]
	p.head++
	if p.until[oldest.sum] != oldest.until {
		return 0 // it was made again later
	}
	delete(p.until, oldest.sum)
	return 1
}

func (p *pending) len() int { return len(p.queue) - p.head }

func (p *pending) has(a asking, now time.Duration) bool { return p.until[a.sum()] > now }
