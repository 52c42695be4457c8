package reliability_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A load starts a swarm again and again, at a rate that nothing slows down. A first peer announces to it,
// whose reply must count it, and then a partner, whose reply must count both and list the first one. So every
// reply is judged by itself.
type load struct {
	tally
	udp   udpClients
	http  *httpClients
	slots int // of a Cluster, from the first on, that its swarms are in; zero: all

	// Epoch changes when Redis loses what it had. Who announced before need not be found after.
	epoch atomic.Int64

	pairs sync.WaitGroup
	stop  chan struct{}
}

// An announcer announces, one request at a time.
type announcer interface {
	// announce returns what became of the announce of a peer.
	announce(h bittorrent.InfoHash, port uint16) outcome
}

// An outcome is what became of an announce, and what the reply said.
type outcome struct {
	verdict   verdict
	sent      time.Time
	complaint string

	members int // of the swarm, as counted
	peers   []byte
}

func newLoad(s *starling) *load {
	return &load{udp: udpClients{addr: s.udp}, http: newHTTPClients(s.http), stop: make(chan struct{})}
}

// run keeps starting swarms until halt is called.
func (l *load) run() {
	l.pairs.Go(func() {
		tick := time.NewTicker(time.Second / time.Duration(pairsPerSecond()))
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
			clients := announcers(&l.udp)
			if n%2 == 1 {
				clients = l.http
			}
			l.pairs.Go(func() { l.pair(clients) })
		}
	})
}

// halt ends the load, waits for what was sent, and closes all connections.
func (l *load) halt() {
	close(l.stop)
	l.pairs.Wait()
	l.udp.close()
	l.http.close()
}

// Ports of the two peers of a swarm.
const (
	firstPort   = 6881
	partnerPort = 6882
)

var firstPeer = compact(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), firstPort))

func compact(a netip.AddrPort) []byte {
	ip := a.Addr().As4()
	return append(ip[:], byte(a.Port()>>8), byte(a.Port()))
}

// pair starts a swarm.
func (l *load) pair(clients announcers) {
	h := l.newHash()
	epoch := l.epoch.Load()
	c, err := clients.take()
	if err != nil {
		l.count(unanswered, time.Now(), err.Error())
		return
	}
	defer clients.put(c)
	first := c.announce(h, firstPort)
	if first.verdict == answered && first.members != 1 && l.epoch.Load() == epoch {
		first.verdict, first.complaint = wrong, fmt.Sprintf("the first peer of a swarm: got %d members, want itself", first.members)
	}
	l.count(first.verdict, first.sent, first.complaint)
	if first.verdict != answered {
		return
	}
	partner := c.announce(h, partnerPort)
	if partner.verdict == answered && partner.members < 1 {
		partner.verdict, partner.complaint = wrong, "its partner: got no members, want at least itself"
	}
	if partner.verdict == answered && l.epoch.Load() == epoch && (partner.members != 2 || !bytes.Equal(partner.peers, firstPeer)) {
		partner.verdict = wrong
		partner.complaint = fmt.Sprintf("its partner: got %d members and peers %x, want 2 and %x", partner.members, partner.peers, firstPeer)
	}
	l.count(partner.verdict, partner.sent, partner.complaint)
}

func (l *load) newHash() (h bittorrent.InfoHash) {
	for {
		_, _ = rand.Read(h[:])
		if l.slots == 0 || redisconn.Slot(h) < l.slots {
			return h
		}
	}
}

// announcers are those of one protocol that are not in use.
type announcers interface {
	take() (announcer, error)
	put(c announcer)
	close()
}
