package redisstore

import (
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// answer reads the replies to the commands of o, corrects its hint by them, and returns what they show to be
// due.
func (l *lane) answer(c *call, o *op) (d dues) {
	h := o.hint
	if o.batch.does != nothing {
		d, o.err = o.batch.answer(c.now)
		return d
	}
	var live [swarm.Families]swarm.Stats
	for fam := range live {
		counts, err := o.counts[fam].result(&h.pools[fam], c.now)
		if err != nil {
			o.err = err
			return dues{}
		}
		live[fam] = counts
		o.stats.Seeders += counts.Seeders
		o.stats.Leechers += counts.Leechers
	}
	if err := o.readCompleted(h, c.now); err != nil {
		o.err = err
		return dues{}
	}
	if !o.scrape {
		if d, o.err = l.judge(o, h); o.err != nil {
			return d
		}
	}
	o.stats.Completed = h.completed
	o.err = o.list(live, &l.found, l.store.metrics)
	return d
}

// readCompleted remembers the number of downloads that finished, when it was asked for.
func (o *op) readCompleted(h *hint, now second) error {
	if o.completed == nil {
		return nil
	}
	text, err := o.completed.Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	h.completed, h.read = completedOf(text), uint32(now)
	return nil
}

// completedOf reads a number of downloads as far as replies can tell it. What is none, which somebody else
// wrote, is zero.
func completedOf(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return uint32(n) // of what is out of range the largest
}

// judge finds out what the write of an announce did: whether a download ended, and whether there was
// room for it at all.
func (l *lane) judge(o *op, h *hint) (d dues, err error) {
	added, err := o.added.Result()
	if err != nil || o.stopped() {
		return dues{}, err
	}
	a := &o.announce
	most := l.store.opts.MaxPeersPerSwarm
	if most > 0 && int(o.stats.Seeders+o.stats.Leechers) > most && (added == 1 || l.leaving(o)) {
		own := &h.pools[a.Peer.Family()]
		if a.Seeder {
			own.seeders--
		} else {
			own.leechers--
		}
		return dues{leave: true}, swarm.RefusedError{Reason: swarm.Overloaded}
	}
	moved := int64(0)
	if o.moved != nil {
		if moved, err = o.moved.Result(); err != nil {
			return dues{}, err
		}
	}
	// An unknown browser that says that it completed proves nothing: those that seed a file from their
	// disk do.
	newly := added == 1 && a.Seeder && a.Event == bittorrent.Completed && a.Peer.Family() != swarm.WebRTC
	if moved == 1 || newly {
		h.completed++
		d.completed = true
	}
	// It may be the first of a new key, although another one was remembered. Others may have come
	// meanwhile, and have thought the same.
	d.keep = !o.kept && added == 1 && o.stats.Seeders+o.stats.Leechers <= fewPeers
	return d, nil
}

// fewPeers is how many may have joined a new key while the first did.
const fewPeers = 8

// list makes the list of what the windows hold.
func (o *op) list(live [swarm.Families]swarm.Stats, f *found, m *metrics) error {
	own := o.announce.Peer.Family()
	if o.wants[own].count <= 0 {
		return nil
	}
	// What there is for the announcer, but for itself.
	there := [swarm.Families]int{}
	for fam, w := range o.wants {
		if there[fam] = int(live[fam].Leechers); !w.leechersOnly {
			there[fam] += int(live[fam].Seeders)
		}
	}
	if w := o.wants[own]; !w.leechersOnly || !o.announce.Seeder {
		there[own]--
	}
	if other := swarm.IPv4 + swarm.IPv6 - own; own != swarm.WebRTC && o.wants[other].count > 0 {
		o.wants[own].count, o.wants[other].count = swarm.Share(o.announce.NumWant, there[own], there[other])
	}
	for fam, w := range o.wants {
		if w.count <= 0 {
			continue
		}
		if err := f.read(o.windows[fam], w, live[fam], swarm.Family(fam).CompactLen()); err != nil {
			return err
		}
		o.peers[fam] = f.appendList(o.peers[fam], w, live[fam])
		if got := len(o.peers[fam]) / swarm.Family(fam).CompactLen(); got < min(w.count, there[fam]) {
			m.short.Inc()
		}
	}
	return nil
}
