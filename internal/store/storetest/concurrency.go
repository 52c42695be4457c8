package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

var concurrencyTests = map[string]func(*testing.T, Open){
	"ConcurrentAnnouncesAllCount": concurrentAnnouncesAllCount,
	"TimePassesBesideAnnounces":   timePassesBesideAnnounces,
}

const workers = 8

// atOnce runs f on several goroutines and waits for them.
func atOnce(f func(worker int)) {
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(w) })
	}
	wg.Wait()
}

func concurrentAnnouncesAllCount(t *testing.T, open Open) {
	const each = 120
	r := newRoom(t, open)
	atOnce(func(w int) {
		for i := range each {
			p := peer4(w*each + i)
			a := swarm.Announce{InfoHash: r.hash, Peer: p, NumWant: 20}
			var peers swarm.Peers
			stats, err := r.store.Announce(context.Background(), a, &peers)
			if err != nil || stats.Leechers == 0 {
				t.Errorf("announce of %v: got %+v, error %v", p, stats, err)
			}
			for other := range peers.All() {
				if other == p {
					t.Errorf("%v was told of itself", p)
				}
			}
			if i%2 == 0 {
				a.Seeder = true
				_, _ = r.store.Announce(context.Background(), a, &peers)
			}
			if i%3 == 0 {
				a.Event = bittorrent.Stopped
				_, _ = r.store.Announce(context.Background(), a, &peers)
			}
		}
	})
	// Of each six numbers, 0 and 3 stop; 2 and 4 of the rest became seeders, 1 and 5 did not.
	const six = workers * each / 6
	r.wantStats("all done", r.scrape(), 2*six, 2*six, 3*six)
}

func timePassesBesideAnnounces(t *testing.T, open Open) {
	const rounds = 300
	r := newRoom(t, open)
	atOnce(func(w int) {
		for i := range rounds {
			if w == 0 {
				r.store.Advance(lifetime / rounds)
				continue
			}
			a := swarm.Announce{InfoHash: hash(i % 3), Peer: peer4(w*rounds + i), NumWant: 20, Seeder: i%2 == 0}
			if _, err := r.store.Announce(context.Background(), a, new(swarm.Peers)); err != nil {
				t.Errorf("announce: %v", err)
			}
			if _, err := r.store.Scrape(context.Background(), []bittorrent.InfoHash{r.hash}, nil); err != nil {
				t.Errorf("scrape: %v", err)
			}
		}
	})
	r.store.Advance(lifetime + grace + time.Second)
	for i := range 3 {
		r.hash = hash(i)
		r.wantStats("all expired", r.scrape(), 0, 0, 0)
	}
}
