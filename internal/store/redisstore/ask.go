package redisstore

import (
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

// How long what a replica did for a key need not be done again, in seconds.
const (
	keepAgain  = 60 // EXPIRE
	purgeAgain = 60 // removal of the dead
)

// purgeSlack is for how many seconds the dead are left where they are, since another replica's clock
// may be behind.
const purgeSlack = 60

// staleHint is the age, in seconds, at which the size of a pool is unknown again.
const staleHint = 120

// keepBeyond is how long a key is kept beyond the lifetime of its youngest peer, at the least.
const keepBeyond = keepAgain + 30

// ask puts the commands of o into the pipeline, by what h remembers of the swarm. They are written in
// the order in which they must happen: the purge before the announce, which is not to find itself dead,
// the announce before the counts, and the counts before the windows, whose ranks they judge.
func (s *Store) ask(c *call, o *op, h *hint) {
	if o.batch.does != nothing {
		s.askBatch(c, o, &h.pools[swarm.WebRTC])
		return
	}
	own := o.announce.Peer.Family()
	if !o.scrape {
		s.askWrite(c, o, &h.pools[own])
	}
	for f := range swarm.Family(swarm.Families) {
		if !o.scrape && f != own && since(h.pools[f].counted, c.now) < s.recount && !o.lists(f, &h.pools[f]) {
			continue // as it was counted not long ago, and no ranks are to be judged
		}
		o.counts[f] = c.count(f, s.key(f, o))
	}
	if o.scrape || since(h.read, c.now) >= s.recount {
		o.completed = redis.NewStringCmd(c.ctx, "hget", s.conn.Facts(o.announce.InfoHash), "completed")
		c.add(o.completed)
	}
	if !o.scrape && !o.stopped() {
		s.askList(c, o, h)
	}
}

func (s *Store) key(f swarm.Family, o *op) any {
	if o.keys[f] == "" {
		o.keys[f] = s.conn.Pool(f, o.announce.InfoHash)
	}
	return &o.keys[f]
}

// askWrite records the announcer, or removes it.
func (s *Store) askWrite(c *call, o *op, h *poolHint) {
	a := &o.announce
	var compact [swarm.MaxCompactLen]byte
	o.member = string(a.Peer.AppendCompact(compact[:0]))
	key := s.key(a.Peer.Family(), o)
	s.purge(c, a.Peer.Family(), key, h)
	if o.stopped() {
		if a.Peer.Family() == swarm.WebRTC {
			o.added = c.removeVersion(key, a.Version)
			return
		}
		o.added = c.int("zrem", key, &o.member)
		return
	}
	if a.Seeder {
		// 1 exactly when a leecher was there: every other score is below -1, and left alone.
		o.moved = c.int("zadd", key, "xx", "lt", "ch", -1, &o.member)
	}
	o.score = s.newScore(c, o)
	o.added = c.int("zadd", key, &o.score, &o.member)
	if since(h.kept, c.now) >= keepAgain || h.seeders+h.leechers == 0 {
		s.keep(c, key)
		h.kept, o.kept = uint32(c.now), true
	}
}

// purge removes the dead of a pool, when it is time.
func (s *Store) purge(c *call, f swarm.Family, key any, h *poolHint) {
	if since(h.purged, c.now) < purgeAgain {
		return
	}
	border := lastScore(f, c.now-purgeSlack)
	c.int("zremrangebyscore", key, -border, border)
	h.purged = uint32(c.now)
}

// keep has a key outlive its youngest peer, but not by much.
func (s *Store) keep(c *call, key any) *redis.IntCmd {
	return c.int("expire", key, int64(s.opts.PeerLifetime/time.Second)+keepBeyond)
}

// askList reads windows for the announcer's list.
func (s *Store) askList(c *call, o *op, h *hint) {
	a := &o.announce
	if a.NumWant <= 0 {
		return
	}
	own := a.Peer.Family()
	leechersOnly := a.WantsLeechersOnly()
	s.askWindows(c, o, h, own, want{a.NumWant, leechersOnly, a.WantsLeechersFirst(), o.member})
	if a.AnyFamily && own != swarm.WebRTC {
		// How the two share the list is known with their counts. Until then either may have all of it.
		other := swarm.IPv4 + swarm.IPv6 - own
		if o.counts[other].seeders != nil {
			s.askWindows(c, o, h, other, want{count: a.NumWant, leechersOnly: leechersOnly})
		}
	}
}

// lists reports whether the list of o may hold peers of the other family f, of which h says who was there.
func (o *op) lists(f swarm.Family, h *poolHint) bool {
	a := &o.announce
	return a.AnyFamily && a.NumWant > 0 && !o.stopped() && a.Peer.Family() != swarm.WebRTC && f != swarm.WebRTC &&
		h.seeders+h.leechers > 0
}

func (s *Store) askWindows(c *call, o *op, h *hint, f swarm.Family, w want) {
	if w.count <= 0 {
		return
	}
	o.wants[f] = w
	o.windows[f] = w.plan(o.windows[f], &h.pools[f], since(h.pools[f].counted, c.now) <= staleHint)
	for i := range o.windows[f] {
		win := &o.windows[f][i]
		args, n := win.command(s.key(f, o), c.live[f])
		win.reply = c.raw(args[:n]...)
	}
}

// askAgain reads the windows once more whose pools just moved, or are moving, to another node of a Cluster.
func (s *Store) askAgain(c *call, ops []*op) {
	if !s.conn.IsCluster() {
		return
	}
	var pipe redis.Pipeliner
	for _, o := range ops {
		for f := range o.windows {
			for i := range o.windows[f] {
				win := &o.windows[f][i]
				if !win.elsewhere() {
					continue
				}
				if pipe == nil {
					pipe = s.conn.Pipeline()
				}
				args, n := win.command(s.key(swarm.Family(f), o), c.live[f])
				win.again = redis.NewStringSliceCmd(c.ctx, args[:n]...)
				_ = pipe.Process(c.ctx, win.again)
			}
		}
	}
	if pipe != nil {
		_, _ = pipe.Exec(c.ctx) // each command has its own error
	}
}

// newLiveRanges returns the borders between the living and the dead of each pool.
func newLiveRanges(now second) (live [swarm.Families]liveRange) {
	for f := range live {
		seedersTo, leechersFrom := borders(swarm.Family(f), now)
		live[f] = liveRange{seedersTo, leechersFrom}
	}
	return live
}

// borders returns where the scores of a pool's living seeders end and those of its leechers begin.
func borders(f swarm.Family, now second) (seedersTo, leechersFrom string) {
	n := strconv.FormatInt(lastScore(f, now), 10)
	return "(-" + n, "(" + n
}
