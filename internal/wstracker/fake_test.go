package wstracker_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/wstracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A fake is a tracker and a relay that do what a test says.
type fake struct {
	announce func(r wstracker.Receiver, a swarm.Announce, offers []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error)
	send     func(r wstracker.Receiver, signals []swarm.Signal)
	scrape   func(hashes []bittorrent.InfoHash) ([]swarm.Stats, error)
	closed   func()

	mu        sync.Mutex // guards the following
	refused   map[swarm.Reason]int
	answered  int
	scrapes   int
	receivers []wstracker.Receiver
}

// startFake serves over f.
func startFake(t testing.TB, f *fake, change func(*wstracker.Options)) *live {
	t.Helper()
	f.refused = make(map[swarm.Reason]int)
	return startWith(t, f, f.open, prometheus.NewRegistry(), change)
}

func (f *fake) open(r wstracker.Receiver) wstracker.Session {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.receivers = append(f.receivers, r)
	return &fakeSession{f, r}
}

// receiver returns that of the first session, once it is there.
func (f *fake) receiver(t testing.TB) (r wstracker.Receiver) {
	t.Helper()
	await(t, "a session", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.receivers) > 0 {
			r = f.receivers[0]
		}
		return r != nil
	})
	return r
}

func (f *fake) Scrape(
	_ context.Context, _ swarm.Proto, _ int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
) ([]swarm.Stats, error) {
	f.mu.Lock()
	f.scrapes++
	f.mu.Unlock()
	if f.scrape != nil {
		return f.scrape(hashes)
	}
	return append(stats, make([]swarm.Stats, len(hashes))...), nil
}

func (f *fake) Answered(_ swarm.Proto, announces int, _ time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered += announces
}

func (f *fake) Refused(_ swarm.Proto, reason swarm.Reason) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused[reason]++
}

func (f *fake) refusals(r swarm.Reason) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused[r]
}

type fakeSession struct {
	*fake
	receiver wstracker.Receiver
}

func (s *fakeSession) Announce(
	_ context.Context, a swarm.Announce, offers []swarm.Offered, out []swarm.Signal,
) (swarm.Reply, []swarm.Signal, error) {
	if s.announce == nil {
		return swarm.Reply{}, out, nil
	}
	return s.announce(s.receiver, a, offers, out)
}

func (s *fakeSession) Send(signals []swarm.Signal) {
	if s.send != nil {
		s.send(s.receiver, signals)
	}
}
func (s *fakeSession) Answer(swarm.Signal)                                {}
func (s *fakeSession) Seeder(bittorrent.InfoHash, bittorrent.PeerID) bool { return false }

func (s *fakeSession) Close() {
	if s.closed != nil {
		s.closed()
	}
}
