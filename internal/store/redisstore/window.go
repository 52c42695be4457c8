package redisstore

import (
	"bytes"
	"math/rand/v2"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
)

// wholeBelow is the size up to which a pool is read whole.
const wholeBelow = 80

// A window is what is read of a pool: all of a role that is alive, or a range of ranks. Ranks of seeders
// count from the front, those of leechers from the back, so that each role's hold while the other grows.
// Which ranks are those of the living is told by counts that are read with the window, not by those that it
// was chosen by.
type window struct {
	part  part
	first int // rank of its first member
	count int // members at most
	reply *redis.RawCmd
	again *redis.StringSliceCmd // in place of a reply that was elsewhere; mostly nil

	from, to int64 // as ZRANGE wants it; of a whole role, its LIMIT
}

// elsewhere reports whether the window's pool is not, or no longer, on the node that was asked. Other
// commands follow it there by themselves.
func (w *window) elsewhere() bool {
	reply, err := w.reply.Result()
	return err == nil && (bytes.HasPrefix(reply, replyAsk) || bytes.HasPrefix(reply, replyMoved))
}

// Beginnings of the error replies of a node that sends its clients to another one.
var (
	replyAsk   = []byte("-ASK ")
	replyMoved = []byte("-MOVED ")
)

// members appends the members that were read, all of them of one length; those that are not are nil.
func (w *window) members(dst [][]byte, length int) ([][]byte, error) {
	if w.again == nil {
		reply, err := w.reply.Result()
		if err != nil {
			return dst, err
		}
		return members(dst, reply, length)
	}
	texts, err := w.again.Result()
	for _, text := range texts {
		if len(text) == length {
			dst = append(dst, []byte(text))
		} else {
			dst = append(dst, nil)
		}
	}
	return dst, err
}

// A part is what a window reads of a pool.
type part uint8

const (
	seeders part = iota
	leechers
	allSeeders
	allLeechers
)

// A want is what is to be read of a pool for a list.
type want struct {
	count         int
	leechersOnly  bool
	leechersFirst bool   // of seeders only as many as there are leechers too few
	self          string // compact form of the announcer, who may be inside; empty: is not
}

// plan appends the windows to read for w of a pool that h is remembered of; known says that it may still
// be so.
func (w want) plan(dst []window, h *poolHint, known bool) []window {
	hintS, hintL := int(h.seeders), int(h.leechers)
	switch {
	case w.count <= 0:
		return dst
	case known && hintS+hintL <= wholeBelow:
		// Either role may have grown meanwhile, and is to fill the list alone then. The limit costs nothing
		// while the pool is as small as it was.
		n := max(wholeBelow, w.count) + 1
		if !w.leechersOnly {
			dst = append(dst, window{part: allSeeders, count: n})
		}
		return append(dst, window{part: allLeechers, count: n})
	case w.leechersOnly:
		return spans(dst, leechers, w.count+1, hintL, known)
	case w.leechersFirst:
		// The announcer may be one of the seeders, and was perhaps one of the leechers until now.
		if few := w.count + 2 - hintL; !known {
			dst = spans(dst, seeders, w.count+1, hintS, known)
		} else if few > 0 {
			dst = spans(dst, seeders, few, hintS, known)
		}
		return spans(dst, leechers, w.count+1, hintL, known)
	case !known || hintS+hintL <= w.count:
		dst = spans(dst, seeders, w.count+1, hintS, known)
		return spans(dst, leechers, w.count+1, hintL, known)
	}
	wantS, wantL := swarm.Mix(w.count, hintS, hintL)
	if wantS > 0 {
		dst = spans(dst, seeders, wantS+1, hintS, known)
	}
	if wantL > 0 {
		dst = spans(dst, leechers, wantL+1, hintL, known)
	}
	return dst
}

// spans appends windows of n members of a role that has size of them: neighbors from a random start
// that wrap around at the end, so that each is as likely as any other.
func spans(dst []window, p part, n, size int, known bool) []window {
	if !known || size <= n {
		return append(dst, window{part: p, count: n})
	}
	start := rand.IntN(size) //nolint:gosec // nothing is lost if it is guessed
	if start+n <= size {
		return append(dst, window{part: p, first: start, count: n})
	}
	return append(dst,
		window{part: p, first: start, count: size - start},
		window{part: p, count: n - (size - start)})
}

// windowArgs is how many arguments the command for a window has at most.
const windowArgs = 7

// command returns the command for the window, which may point into it.
func (w *window) command(key any, live liveRange) (args [windowArgs]any, n int) {
	first, count := int64(w.first), int64(w.count)
	switch w.part {
	case seeders:
		w.from, w.to = first, first+count-1
	case leechers:
		w.from, w.to = -(first + count), -(first + 1)
	case allSeeders:
		w.from, w.to = 0, count
		return [...]any{"zrangebyscore", key, minusInf, live.seedersTo, "limit", &w.from, &w.to}, windowArgs
	case allLeechers:
		w.from, w.to = 0, count
		return [...]any{"zrevrangebyscore", key, inf, live.leechersFrom, "limit", &w.from, &w.to}, windowArgs
	}
	return [windowArgs]any{"zrange", key, &w.from, &w.to}, 4
}
