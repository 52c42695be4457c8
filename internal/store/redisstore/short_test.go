package redisstore_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/redisstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// announceMany announces all of some peers, every other one as a seeder, as neighbors are.
func announceMany(t *testing.T, s *redisstore.Store, lo, hi int, e bittorrent.Event) {
	t.Helper()
	for ; lo < hi; lo += 1000 {
		var calls []swarm.Call
		for n := lo; n < min(hi, lo+1000); n++ {
			a := swarm.Announce{InfoHash: hash(1), Peer: peer(n), Seeder: n/2%2 == 0, Event: e}
			calls = append(calls, swarm.Call{Announce: a})
		}
		s.AnnounceAll(t.Context(), calls)
		for i := range calls {
			if err := calls[i].Err; err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestASwarmThatChangedTenfoldBehindAReplicaCostsItOneShortListAtMost(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	tests := []struct{ from, to, want, short int }{
		{10, 1, 50, 0},
		{50, 5, 50, 0},
		{79, 7, 50, 0}, // read whole
		{200, 20, 50, 1},
		{1000, 100, 50, 1},
		{5000, 500, 50, 1},
		{150, 15, 200, 1},
		{1, 10, 50, 0},
		{8, 80, 50, 0},
		{10, 100, 200, 0},
		{20, 200, 50, 0},
		{20, 200, 200, 0},
		{40, 400, 200, 0},
		{100, 1000, 50, 0},
		{500, 5000, 50, 0},
	}
	for _, tt := range tests {
		for _, seeder := range []bool{false, true} {
			t.Run(fmt.Sprintf("From%dTo%d/Want%d/Seeder=%v", tt.from, tt.to, tt.want, seeder), func(t *testing.T) {
				reg, conn := prometheus.NewRegistry(), connect(t, url)
				here, there := openWith(t, conn, reg, options), open(t, conn, options)
				announceMany(t, there, 0, tt.from, bittorrent.None)
				a := swarm.Announce{InfoHash: hash(1), Peer: peer(9999), Seeder: seeder, NumWant: tt.want}
				say(t, here, a)
				say(t, here, a)
				if tt.from < tt.to {
					announceMany(t, there, tt.from, tt.to, bittorrent.None)
				} else {
					announceMany(t, there, tt.to, tt.from, bittorrent.Stopped)
				}
				short := 0
				for n := range 20 {
					stats, peers := say(t, here, a)
					there := stats.Leechers
					if !seeder {
						there += stats.Seeders - 1
					}
					if full := min(tt.want, int(there)); peers.Len() < full {
						short++
						if n > 0 {
							t.Errorf("answer %d: got a list of %d, want %d", n, peers.Len(), full)
						}
					}
				}
				if got := shortLists(t, reg); short > tt.short || got != short {
					t.Errorf("got %d short lists, %d counted, want %d at most, each counted", short, got, tt.short)
				}
			})
		}
	}
}
