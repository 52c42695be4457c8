package redisstore_test

import (
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestCallsOfABatchAreMadeInTheirOrder(t *testing.T) {
	s := open(t, connect(t, redistest.Start(t).URL()), options)
	const n = 300
	calls := make([]swarm.Call, 0, 2*n)
	for i := range n {
		a := swarm.Announce{InfoHash: hash(i % 7), Peer: peer(i), NumWant: 50}
		gone := a
		gone.Event = bittorrent.Stopped
		calls = append(calls, swarm.Call{Announce: a}, swarm.Call{Announce: gone})
	}
	s.AnnounceAll(t.Context(), calls)
	for i, c := range calls {
		if c.Err != nil {
			t.Fatalf("call %d: %v", i, c.Err)
		}
	}
	stats, err := s.Scrape(t.Context(), []bittorrent.InfoHash{hash(0), hash(1), hash(2), hash(3), hash(4), hash(5), hash(6)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, st := range stats {
		if st != (swarm.Stats{}) {
			t.Errorf("swarm %d: got %+v after everybody left, want nobody", i, st)
		}
	}
}
