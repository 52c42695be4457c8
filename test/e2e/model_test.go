package e2e_test

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// A model is a swarm as a map, too simple to be wrong.
type model struct {
	hash      bittorrent.InfoHash
	members   map[netip.AddrPort]bool // whether it is a seeder
	completed uint32
	intervals map[netip.AddrPort]time.Duration // what each was told first
}

func newModel(hash bittorrent.InfoHash) *model {
	return &model{hash: hash, members: map[netip.AddrPort]bool{}, intervals: map[netip.AddrPort]time.Duration{}}
}

// announce does what an announce does.
func (m *model) announce(p netip.AddrPort, a client.Announcement) {
	seeder := a.Left == 0
	was, known := m.members[p]
	switch {
	case a.Event == bittorrent.Stopped:
		delete(m.members, p)
		return
	case seeder && known && !was, seeder && !known && a.Event == bittorrent.Completed:
		m.completed++
	}
	m.members[p] = seeder
}

func (m *model) counts() (seeders, leechers uint32) {
	for _, seeder := range m.members {
		if seeder {
			seeders++
		} else {
			leechers++
		}
	}
	return seeders, leechers
}

// Limits of a reply, by default.
const (
	defaultNumWant = 50
	maxNumWant     = 200
	maxUDPPeers6   = 67 // that fit a datagram
)

// judge returns what is wrong with the reply to p's announce, which the model has seen.
func (m *model) judge(p netip.AddrPort, proto swarm.Proto, a client.Announcement, r client.Reply) error {
	if s, l := m.counts(); r.Seeders != s || r.Leechers != l {
		return fmt.Errorf("got %d seeders and %d leechers, want %d and %d", r.Seeders, r.Leechers, s, l)
	}
	if r.MinInterval > r.Interval || r.ExternalIP.IsValid() && r.ExternalIP != p.Addr() {
		return fmt.Errorf("got interval %v, at least %v, to %v", r.Interval, r.MinInterval, r.ExternalIP)
	}
	if first, known := m.intervals[p]; known && r.Interval != first {
		return fmt.Errorf("got interval %v, want %v as before", r.Interval, first)
	}
	m.intervals[p] = r.Interval
	eligible := m.eligible(p, proto, a)
	if want := min(len(eligible), m.room(p, proto, a)); len(r.Peers) != want {
		return fmt.Errorf("got %d peers, want %d of %d", len(r.Peers), want, len(eligible))
	}
	told := map[netip.AddrPort]bool{}
	for _, q := range r.Peers {
		if told[q] || !slices.Contains(eligible, q) {
			return fmt.Errorf("got %v in the list, which is twice or may not be there: %v", q, r.Peers)
		}
		told[q] = true
	}
	return nil
}

// eligible returns who may be in the list.
func (m *model) eligible(p netip.AddrPort, proto swarm.Proto, a client.Announcement) (peers []netip.AddrPort) {
	if a.Event == bittorrent.Stopped {
		return nil
	}
	leechersOnly := a.Left == 0 || a.Event == bittorrent.Paused
	for q, seeder := range m.members {
		reachable := proto == swarm.HTTP || q.Addr().Is4() == p.Addr().Is4()
		if q != p && reachable && (!seeder || !leechersOnly) {
			peers = append(peers, q)
		}
	}
	return peers
}

// room returns how many peers the reply has room for.
func (m *model) room(p netip.AddrPort, proto swarm.Proto, a client.Announcement) int {
	n := int(a.NumWant)
	switch {
	case n == 0:
		n = defaultNumWant
	case n < 0:
		n = 0
	}
	if proto == swarm.UDP && p.Addr().Is6() {
		n = min(n, maxUDPPeers6)
	}
	return min(n, maxNumWant)
}

// judgeScrape returns what is wrong with a scrape, but for the number of downloads: late says that some
// were not counted yet.
func (m *model) judgeScrape(r client.ScrapeResult) (late bool, err error) {
	s, l := m.counts()
	if r.InfoHash != m.hash || r.Seeders != s || r.Leechers != l || r.Completed > m.completed {
		return false, fmt.Errorf("got scrape %+v, want %d seeders, %d leechers and %d downloads of %v", r, s, l, m.completed, m.hash)
	}
	return r.Completed < m.completed, nil
}
