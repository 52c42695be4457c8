package memstore

import (
	"math/rand/v2"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// sample appends the list for the announcer of a, whose record lies at self in its pool.
func (m *members) sample(a *swarm.Announce, self int, now ticks, peers []swarm.Peer) []swarm.Peer {
	if a.NumWant <= 0 || a.Event == bittorrent.Stopped {
		return peers
	}
	leechersOnly := a.WantsLeechersOnly()
	family := a.Peer.Family()
	own, other := m.pool(family), peerPool(nil)
	if a.AnyFamily {
		other = m.pool(swarm.IPv4 + swarm.IPv6 - family)
	}
	others := eligible(own, leechersOnly)
	if !leechersOnly || !a.Seeder {
		others-- // the announcer itself
	}
	wantOwn, wantOther := share(a.NumWant, others, eligible(other, leechersOnly))
	peers = own.sample(peers, wantOwn, leechersOnly, self, now)
	if wantOther > 0 {
		peers = other.sample(peers, wantOther, leechersOnly, nowhere, now)
	}
	return peers
}

func eligible(p peerPool, leechersOnly bool) int {
	switch {
	case p == nil:
		return 0
	case leechersOnly:
		return int(p.live().leechers)
	default:
		return p.live().sum()
	}
}

// share divides a list between the announcer's own family, which gets 3/4 of it when it has as
// many, and the other one. What either cannot fill is the other's.
func share(want, own, other int) (wantOwn, wantOther int) {
	wantOther = min(other, max(want/4, want-own))
	return want - wantOther, wantOther
}

// sample appends at most want live members, but not the one at self. Over many calls each member is
// about as likely as any other of its role.
func (p *pool[K]) sample(dst []swarm.Peer, want int, leechersOnly bool, self int, now ticks) []swarm.Peer {
	border, end := int(p.seeders), len(p.records)
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
	wantSeeders, wantLeechers := mix(want, int(others.seeders), int(others.leechers))
	dst = p.window(dst, 0, border, wantSeeders, self, now)
	return p.window(dst, border, end, wantLeechers, self, now)
}

// mix divides want, which is below seeders plus leechers, between the roles as they are, the
// fraction by chance, but leechers get a third when there are as many: seeds serve whoever comes
// to them, while leechers that nobody tells of each other only wait for seeds.
func mix(want, seeders, leechers int) (wantSeeders, wantLeechers int) {
	all := seeders + leechers
	wantLeechers = (want*leechers + rand.IntN(all)) / all //nolint:gosec // nothing is lost if it is guessed
	wantLeechers = min(leechers, max(wantLeechers, (want+2)/3))
	wantSeeders = min(seeders, want-wantLeechers)
	return wantSeeders, want - wantSeeders
}

// maxDeadPassed bounds the dead records that a window passes: some microseconds.
const maxDeadPassed = 4096

// window appends want live records of those from lo to hi, neighbors from a random start that wrap
// around at the ends, and never the one at self. In a swarm that just lost thousands at once it may
// find fewer, until they are swept.
func (p *pool[K]) window(dst []swarm.Peer, lo, hi, want, self int, now ticks) []swarm.Peer {
	if want <= 0 || lo >= hi {
		return dst
	}
	at := lo + rand.IntN(hi-lo) //nolint:gosec // nothing is lost if it is guessed
	for range min(hi-lo, want+1+maxDeadPassed) {
		if r := &p.records[at]; at != self && !dead(r.seen, now) {
			dst = append(dst, r.key.peer())
			if want--; want == 0 {
				break
			}
		}
		if at++; at == hi {
			at = lo
		}
	}
	return dst
}
