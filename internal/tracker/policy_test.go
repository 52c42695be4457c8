package tracker_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestNumWant(t *testing.T) {
	rows := []struct {
		name  string
		asked int
		event bittorrent.Event
		want  int
	}{
		{"the default for who does not say", swarm.DefaultNumWant, bittorrent.None, 50},
		{"the default for any negative number", math.MinInt32, bittorrent.Started, 50},
		{"none", 0, bittorrent.Started, 0},
		{"some", 7, bittorrent.Completed, 7},
		{"the most", 200, bittorrent.None, 200},
		{"more than the most", 201, bittorrent.Paused, 200},
		{"as many as there are numbers", math.MaxInt, bittorrent.None, 200},
		{"stopped wants none by default", swarm.DefaultNumWant, bittorrent.Stopped, 0},
		{"stopped wants none whatever it asks", 200, bittorrent.Stopped, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			fake := new(fakeStore)
			a := swarm.Announce{
				InfoHash: hash(1), Peer: peer(swarm.IPv6, 1), Event: row.event, Proto: swarm.UDP,
				Seeder: true, AnyFamily: true, NumWant: row.asked,
			}
			over(fake, options).announce(t, a)
			if a.NumWant = row.want; fake.asked != a {
				t.Errorf("numwant %d: got %+v in the store, want %+v", row.asked, fake.asked, a)
			}
			n := overMemory(options)
			for i := range 300 {
				n.announce(t, swarm.Announce{InfoHash: hash(1), Peer: peer(swarm.IPv6, 100+i)})
			}
			a.NumWant = row.asked
			if got := len(n.announce(t, a).peers); got != row.want {
				t.Errorf("numwant %d of 300: got %d peers, want %d", row.asked, got, row.want)
			}
		})
	}
}

func TestTheRoomInAReplyBoundsNumWant(t *testing.T) {
	for _, row := range []struct{ asked, room, want int }{
		{swarm.DefaultNumWant, 20, 20},
		{swarm.DefaultNumWant, 60, 50},
		{7, 20, 7},
		{200, 67, 67},
		{math.MaxInt, 1000, 200},
		{0, 20, 0},
	} {
		fake := new(fakeStore)
		over(fake, options).announce(t, swarm.Announce{
			InfoHash: hash(1), Peer: peer(swarm.IPv6, 1), Proto: swarm.UDP, NumWant: row.asked, MaxPeers: row.room,
		})
		if got := fake.asked.NumWant; got != row.want {
			t.Errorf("numwant %d with room for %d: got %d in the store, want %d", row.asked, row.room, got, row.want)
		}
	}
}

func TestARefusalOfTheStoreIsSeenThroughItsWrapping(t *testing.T) {
	for reason := range swarm.Reason(swarm.Reasons) {
		n := over(&fakeStore{err: fmt.Errorf("shard 7: %w", swarm.RefusedError{Reason: reason})}, options)
		_, announceErr := n.Announce(t.Context(), swarm.Announce{}, nil)
		_, scrapeErr := n.Scrape(t.Context(), swarm.HTTP, 1, nil, nil)
		for _, err := range []error{announceErr, scrapeErr} {
			if refused, ok := errors.AsType[swarm.RefusedError](err); !ok || refused.Reason != reason {
				t.Errorf("got error %v, want one refused as %v", err, reason)
			}
		}
	}
}

func TestAFullStoreRefuses(t *testing.T) {
	store := memstore.New(prometheus.NewRegistry(), memstore.Options{PeerLifetime: time.Hour, MaxPeers: 1})
	n := over(store, options)
	n.announce(t, swarm.Announce{InfoHash: hash(1), Peer: peer(swarm.IPv4, 1)})
	_, err := n.Announce(t.Context(), swarm.Announce{InfoHash: hash(1), Peer: peer(swarm.IPv4, 2)}, new(swarm.Peers))
	want := "announce 0100000000000000000000000000000000000000: tracker is full, try again later"
	if swarm.ReasonOf(err) != swarm.Overloaded || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestErrorsTellWhatWasAskedAndKeepTheirCause(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:6379: i/o timeout")
	n := over(&fakeStore{err: cause}, options)
	_, announceErr := n.Announce(t.Context(), swarm.Announce{InfoHash: hash(1)}, nil)
	_, scrapeErr := n.Scrape(t.Context(), swarm.UDP, 1, make([]bittorrent.InfoHash, 3), nil)
	for want, err := range map[string]error{
		"announce 0100000000000000000000000000000000000000: " + cause.Error(): announceErr,
		"scrape of 3 swarms: " + cause.Error():                                scrapeErr,
	} {
		if !errors.Is(err, cause) || err.Error() != want || swarm.ReasonOf(err) != swarm.Internal {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

// A frontend keeps its buffers, so it gets them back whatever happens.
func TestFailuresGiveTheBuffersBack(t *testing.T) {
	n := over(&fakeStore{err: errors.New("broken")}, options)
	stats, _ := n.Scrape(t.Context(), swarm.UDP, 1, nil, make([]swarm.Stats, 0, 77))
	if cap(stats) != 77 {
		t.Errorf("got room for %d stats, want that for 77", cap(stats))
	}
}

func TestTheStoreLearnsWhenItsCallerGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var announced, scraped fakeStore
	_, _ = over(&announced, options).Announce(ctx, swarm.Announce{}, nil)
	_, _ = over(&scraped, options).Scrape(ctx, swarm.UDP, 1, nil, nil)
	if announced.context.Err() == nil || scraped.context.Err() == nil {
		t.Errorf("got contexts %v and %v, want both done as the caller's is", announced.context, scraped.context)
	}
}
