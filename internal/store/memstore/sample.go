package memstore

import (
	"math/rand/v2"
	"slices"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// sample appends the list for the announcer of a, whose record lies at self in its pool.
func (m *members) sample(a *swarm.Announce, self int, now ticks, peers *swarm.Peers) {
	if a.NumWant <= 0 || a.Event == bittorrent.Stopped {
		return
	}
	leechersOnly := a.WantsLeechersOnly()
	family := a.Peer.Family()
	own, want := m.pool(family), a.NumWant
	if a.AnyFamily && family != swarm.WebRTC {
		others := eligible(own, leechersOnly)
		if !leechersOnly || !a.Seeder {
			others-- // the announcer itself
		}
		otherFamily := swarm.IPv4 + swarm.IPv6 - family
		other := m.pool(otherFamily)
		var wantOther int
		if want, wantOther = swarm.Share(want, others, eligible(other, leechersOnly)); wantOther > 0 {
			peers[otherFamily] = other.sample(peers[otherFamily], wantOther, leechersOnly, nowhere, now)
		}
	}
	if a.WantsLeechersFirst() {
		peers[family] = own.sampleLeechersFirst(peers[family], want, self, now)
		return
	}
	peers[family] = own.sample(peers[family], want, leechersOnly, self, now)
}

// sampleLeechersFirst is sample, but of seeders only as many as there are leechers too few.
func (p *pool) sampleLeechersFirst(dst []byte, want, self int, now ticks) []byte {
	border, end := int(p.held.seeders), p.held.sum()
	before := len(dst)
	dst = p.window(dst, border, end, want, self, now)
	want -= (len(dst) - before) / p.family.CompactLen()
	return p.window(dst, 0, border, want, self, now)
}

func eligible(p *pool, leechersOnly bool) int {
	switch {
	case p == nil:
		return 0
	case leechersOnly:
		return int(p.live().leechers)
	default:
		return p.live().sum()
	}
}

// sample appends at most want live members, but not the one at self. Over many calls each member is
// about as likely as any other of its role.
func (p *pool) sample(dst []byte, want int, leechersOnly bool, self int, now ticks) []byte {
	border, end := int(p.held.seeders), p.held.sum()
	if leechersOnly {
		return p.window(dst, border, end, want, self, now)
	}
	others := p.live()
	switch {
	case self == nowhere:
	case self < border:
		others.seeders--
	default:
		others.leechers--
	}
	if others.sum() <= want {
		return p.window(dst, 0, end, want, self, now)
	}
	wantSeeders, wantLeechers := swarm.Mix(want, int(others.seeders), int(others.leechers))
	dst = p.window(dst, 0, border, wantSeeders, self, now)
	return p.window(dst, border, end, wantLeechers, self, now)
}

// maxDeadPassed bounds the dead records that a window passes: some microseconds.
const maxDeadPassed = 4096

// window appends want live records of those from lo to hi, neighbors from a random start that wrap
// around at the ends, and never the one at self. In a swarm that just lost thousands at once it may
// find fewer, until they are swept.
func (p *pool) window(dst []byte, lo, hi, want, self int, now ticks) []byte {
	if want = min(want, hi-lo); want <= 0 {
		return dst
	}
	start := lo + rand.IntN(hi-lo) //nolint:gosec // nothing is lost if it is guessed
	passes := want + 1 + maxDeadPassed
	dst, left := p.copyLive(dst, start, min(hi, start+passes), want, self, now)
	dst, _ = p.copyLive(dst, lo, min(start, lo+passes-(hi-start)), left, self, now)
	return dst
}

// copyLive appends the compact forms of want live records of those from lo to hi, but not of the
// one at self, and returns how many it did not find.
func (p *pool) copyLive(dst []byte, lo, hi, want, self int, now ticks) (_ []byte, left int) {
	size := int(p.size)
	compactLen := size - int(p.versioned) - seenLen
	end := len(dst)
	dst = slices.Grow(dst, want*compactLen)
	dst = dst[:cap(dst)]
	for place := lo; place < hi && want > 0; place++ {
		r := p.at(place)
		if place == self || dead(r.seen(), now) {
			continue
		}
		copy(dst[end:], p.compact(r))
		end += compactLen
		want--
	}
	return dst[:end], want
}
