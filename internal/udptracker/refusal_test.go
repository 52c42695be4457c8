package udptracker_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// faulty is a tracker whose announces and scrapes end as a test likes.
type faulty struct {
	*tracker.Tracker
	fail func(ctx context.Context) error // nil error: as without it
}

func (f faulty) AnnounceAll(ctx context.Context, calls []swarm.Call) {
	for i := range calls {
		if calls[i].Err = f.fail(ctx); calls[i].Err == nil {
			f.Tracker.AnnounceAll(ctx, calls[i:i+1])
		}
	}
}

func (f faulty) Scrape(
	ctx context.Context, p swarm.Proto, scrapes int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
) ([]swarm.Stats, error) {
	if err := f.fail(ctx); err != nil {
		return nil, err
	}
	return f.Tracker.Scrape(ctx, p, scrapes, hashes, stats)
}

// failing wraps a tracker so that its announces and scrapes fail as fail does.
func failing(fail func(ctx context.Context) error) func(*tracker.Tracker) udptracker.Tracker {
	return func(t *tracker.Tracker) udptracker.Tracker { return faulty{t, fail} }
}

func TestARefusalIsAnErrorWithTheReasonsText(t *testing.T) {
	for reason := range swarm.Reason(swarm.Reasons) {
		t.Run(reason.String(), func(t *testing.T) {
			wrap := failing(func(context.Context) error { return swarm.RefusedError{Reason: reason} })
			everywhere(t, setup{wrap: wrap}, func(t *testing.T, n *node) {
				c := n.connected(t)
				for _, name := range []string{"announce", "scrape"} {
					if got := c.refused(requests[name](c)); got != reason.Sentence() {
						t.Errorf("%s: got error %q, want %q", name, got, reason.Sentence())
					}
				}
				if got := n.value(t, "starling_refusals_total", "udp", reason.String()); got != 2 {
					t.Errorf("got %v refusals counted, want 2", got)
				}
			})
		})
	}
}

func TestAFullStoreRefusesWithAnErrorAndServesWhoIsIn(t *testing.T) {
	everywhere(t, setup{store: memstore.Options{MaxPeers: 1}}, func(t *testing.T, n *node) {
		c := n.connected(t)
		c.announce(c.announcement(hashA))
		r := c.announcement(hashA)
		r.Port++
		if got := c.refused(r.Append(nil)); got != swarm.Overloaded.Sentence() {
			t.Errorf("got error %q, want %q", got, swarm.Overloaded.Sentence())
		}
		if got := c.announce(c.announcement(hashA)); got.Leechers != 1 {
			t.Errorf("got %+v, want the first peer served", got)
		}
	})
}

func TestAnErrorOfOursIsLoggedOnceAndNotShown(t *testing.T) {
	cause := errors.New("dial tcp 10.0.0.7:6379: i/o timeout")
	n := open(t, setup{wrap: failing(func(context.Context) error { return cause })})
	stop := n.run(t)
	c := n.connected(t)
	if got := c.refused(requests["announce"](c)); got != "internal error" {
		t.Errorf("got error %q, want %q", got, "internal error")
	}
	if got := n.value(t, "starling_refusals_total", "udp", "internal"); got != 1 {
		t.Errorf("got %v refusals counted, want 1", got)
	}
	stop()
	if log := n.log.String(); strings.Count(log, cause.Error()) != 1 || !strings.Contains(log, "level=ERROR") {
		t.Errorf("got log %q, want one error that tells %q", log, cause)
	}
}

func TestRefusalsAreNotLogged(t *testing.T) {
	n := open(t, setup{store: memstore.Options{MaxPeers: 1}})
	n.fill(t, hashB, 1, 1)
	stop := n.run(t)
	c := n.connected(t)
	c.refused(requests["announce"](c))
	c.connectionID++
	c.refused(requests["announce"](c))
	c.silence([]byte("rubbish"))
	stop()
	if n.log.Len() > 0 {
		t.Errorf("got log %q, want none", n.log.String())
	}
}

func TestAPanicCostsOneReplyAndIsCounted(t *testing.T) {
	calls := 0 // of the loop alone
	wrap := failing(func(context.Context) error {
		if calls++; calls%2 == 1 {
			panic("mistake of ours")
		}
		return nil
	})
	n := open(t, setup{wrap: wrap})
	stop := n.run(t)
	c := n.connected(t)
	for range 3 {
		for _, name := range []string{"announce", "scrape"} {
			c.silence(requests[name](c))
			if got := c.announce(c.announcement(hashA)); got.Leechers != 1 {
				t.Errorf("after a panic in %s: got %+v, want the peer alone", name, got)
			}
		}
	}
	if got := n.dropped(t, "panic"); got != 6 {
		t.Errorf("got %v panics counted, want 6", got)
	}
	stop()
	if log := n.log.String(); strings.Count(log, "mistake of ours") != 6 {
		t.Errorf("got log %q, want six lines that tell the cause", log)
	}
}
