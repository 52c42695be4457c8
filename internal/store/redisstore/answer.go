package redisstore

import (
	"errors"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// answer reads the replies to the commands of o, corrects h by them, and returns what they show to be
// due.
func (s *Store) answer(c *call, o *op, h *hint, f *found) (d dues) {
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
	if err := s.readCompleted(o, h); err != nil {
		o.err = err
		return dues{}
	}
	if !o.scrape {
		if d, o.err = s.judge(o, h); o.err != nil {
			return d
		}
	}
	o.stats.Completed = h.completed
	o.err = o.list(live, f, s.metrics)
	return d
}

// readCompleted remembers the number of downloads that finished, when it was asked for.
func (s *Store) readCompleted(o *op, h *hint) error {
	if o.completed == nil {
		return nil
	}
	text, err := o.completed.Result()
	if errors.Is(err, redis.Nil) {
		h.completed = 0
		return nil
	}
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(text, 10, 32)
	h.completed = uint32(n)
	return err
}

// judge finds out what the write of an announce did: whether a download ended, and whether there was
// room for it at all.
func (s *Store) judge(o *op, h *hint) (d dues, err error) {
	added, err := o.added.Result()
	if err != nil || o.stopped() {
		return dues{}, err
	}
	a := &o.announce
	if most := s.opts.MaxPeersPerSwarm; added == 1 && most > 0 && int(o.stats.Seeders+o.stats.Leechers) > most {
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

// dues are what an answer shows to be due. They ride in the lane's next pipeline, with the announces that
// came meanwhile; no reply waits for them.
type dues struct {
	completed bool // a download ended
	leave     bool // the announcer was one too many
	keep      bool // the key may be new, and must not stay for ever
}

// pay puts what is due for an announce into the pipeline.
func (s *Store) pay(c *call, d due) {
	pool := any(s.conn.Pool(d.peer.Family(), d.hash))
	if d.completed {
		key := any(s.conn.Facts(d.hash))
		c.add(once{redis.NewIntCmd(c.ctx, "hincrby", key, "completed", 1)})
		c.int("expire", key, factsKept)
	}
	if d.leave {
		c.int("zrem", pool, string(d.peer.AppendCompact(nil)))
	}
	if d.keep {
		s.keep(c, pool)
	}
}

// factsKept is how long the facts of a swarm are kept after the last download that ended: 30 days, in
// seconds.
const factsKept = 30 * 24 * 3600

// A due is something due for a peer of a swarm.
type due struct {
	dues
	hash bittorrent.InfoHash
	peer swarm.Peer
}

// pressing reports whether d is worth a pipeline of its own when nobody announces: the counts that other
// replicas tell depend on it.
func (d due) pressing() bool { return d.completed || d.leave }
