package memstore

import "github.com/starling-tracker/starling/pkg/bittorrent"

// defaultMaxPast bounds the past of one shard when the number of swarms has no bound.
const defaultMaxPast = 1 << 14

// A past remembers how many downloads finished in swarms that nobody is in at the moment, so that
// a small torrent does not start from zero whenever its only seeder sleeps. It is a courtesy and
// bounded: when it is full, any one of its entries makes room for a new one.
type past struct {
	counts map[bittorrent.InfoHash]uint32
}

func (p *past) completed(h bittorrent.InfoHash) uint32 { return p.counts[h] }

// take returns the count of h and forgets it.
func (p *past) take(h bittorrent.InfoHash) uint32 {
	n, ok := p.counts[h]
	if ok {
		delete(p.counts, h)
	}
	return n
}

// put remembers n for h, among at most limit swarms.
func (p *past) put(h bittorrent.InfoHash, n uint32, limit int) {
	if p.counts == nil {
		p.counts = make(map[bittorrent.InfoHash]uint32)
	}
	if len(p.counts) >= limit {
		for other := range p.counts {
			delete(p.counts, other)
			break
		}
	}
	p.counts[h] = n
}
