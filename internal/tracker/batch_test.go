package tracker_test

import (
	"context"
	"errors"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A fakeBatchStore answers the second call of a batch with an error.
type fakeBatchStore struct {
	fakeStore
	asked []swarm.Announce
}

var errSecond = errors.New("the second")

func (f *fakeBatchStore) AnnounceAll(_ context.Context, calls []swarm.Call) {
	for i := range calls {
		f.asked = append(f.asked, calls[i].Announce)
		calls[i].Reply.Result = swarm.Result{Stats: swarm.Stats{Seeders: uint32(i + 1)}, Version: f.version}
		if i == 1 {
			calls[i].Err = errSecond
		}
	}
}

func TestManyAnnouncesAreAnsweredAsOneIs(t *testing.T) {
	calls := func() (calls []swarm.Call) {
		for i := range 3 {
			calls = append(calls, swarm.Call{Announce: swarm.Announce{
				InfoHash: hash(i), Peer: peer(swarm.IPv4, i), Proto: swarm.UDP, NumWant: 1000,
			}})
		}
		return calls
	}
	fake := &fakeBatchStore{fakeStore: fakeStore{version: 7}}
	together, alone := over(fake, options), overMemory(options)
	if !together.Waits() || alone.Waits() {
		t.Errorf("got Waits %v over a store that takes batches and %v over memory", together.Waits(), alone.Waits())
	}
	got := calls()
	together.AnnounceAll(t.Context(), got)
	for i, a := range fake.asked {
		if a.NumWant != options.MaxNumWant {
			t.Errorf("call %d: got numwant %d in the store, want %d", i, a.NumWant, options.MaxNumWant)
		}
	}
	if len(fake.asked) != 3 || !errors.Is(got[1].Err, errSecond) || got[1].Reply != (swarm.Reply{}) {
		t.Errorf("got %d calls asked and the second answered %+v, %v", len(fake.asked), got[1].Reply, got[1].Err)
	}
	if r := got[2].Reply; got[2].Err != nil || r.Seeders != 3 || r.Version != 7 || r.Interval != options.Interval {
		t.Errorf("got %+v, error %v, want the store's counts and version, and the interval", r, got[2].Err)
	}
	together.wantMetric(t, "starling_announces_total", 25, map[string]float64{"none ipv4 udp": 2})
	together.wantMetric(t, "starling_store_errors_total", 2, map[string]float64{"announce": 1})

	got = calls()
	alone.AnnounceAll(t.Context(), got)
	for i, c := range got {
		if c.Err != nil || c.Reply.Leechers != 1 || c.Reply.Interval != options.Interval {
			t.Errorf("in memory, call %d: got %+v, error %v, want a leecher alone", i, c.Reply, c.Err)
		}
	}
}
