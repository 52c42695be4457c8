package redisstore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestWhatIsDueIsPaidThoughNobodyElseAnnounces(t *testing.T) {
	server := redistest.Start(t)
	conn := connect(t, server.URL())
	opts := options
	opts.MaxPeersPerSwarm = 2
	here, there := open(t, conn, opts), open(t, conn, opts)
	announces := func(n int, seeder, refused bool) {
		t.Helper()
		a := swarm.Announce{InfoHash: hash(1), Peer: peer(n), Seeder: seeder}
		if _, err := here.Announce(t.Context(), a, new(swarm.Peers)); (err != nil) != refused {
			t.Fatalf("%+v: got error %v, want it refused: %v", a, err, refused)
		}
	}
	seesThere := func(want swarm.Stats) {
		t.Helper()
		server.Await("what is due", func(context.Context) error {
			got, err := there.Scrape(t.Context(), []bittorrent.InfoHash{hash(1)}, nil)
			if err == nil && got[0] != want {
				err = fmt.Errorf("another replica's scrape: got %+v, want %+v", got[0], want)
			}
			return err
		})
	}
	announces(1, false, false)
	announces(1, true, false)
	seesThere(swarm.Stats{Seeders: 1, Completed: 1})
	announces(2, false, false)
	announces(3, false, true) // one too many, whose record has to go
	seesThere(swarm.Stats{Seeders: 1, Leechers: 1, Completed: 1})
}
