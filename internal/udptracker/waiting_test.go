package udptracker_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// waiting is a tracker that waits for a store. Its announces take until a test says so.
type waiting struct {
	*tracker.Tracker
	asked  chan struct{} // a value for each batch that waits
	answer chan struct{} // closed: they are answered
}

func newWaiting() *waiting {
	return &waiting{asked: make(chan struct{}, 1000), answer: make(chan struct{})}
}

func (w *waiting) wrap(t *tracker.Tracker) udptracker.Tracker {
	w.Tracker = t
	return w
}

func (w *waiting) Waits() bool { return true }

func (w *waiting) AnnounceAll(ctx context.Context, calls []swarm.Call) {
	w.asked <- struct{}{}
	<-w.answer
	w.Tracker.AnnounceAll(ctx, calls)
}

// A batch is what has come before anybody reads: each client gets the answer to its own request.
func TestRequestsOfAllKindsShareABatch(t *testing.T) {
	at := newWaiting()
	close(at.answer)
	for name, wrap := range map[string]func(*tracker.Tracker) udptracker.Tracker{"at once": nil, "waiting": at.wrap} {
		t.Run(name, func(t *testing.T) {
			n := open(t, setup{wrap: wrap})
			n.fill(t, hashA, 60, 30)
			connect := udpproto.AppendConnectRequest(nil, 1)
			id, _ := udpproto.ParseConnectReply(n.Handler()(t.Context(), connect, netip.MustParseAddrPort("127.0.0.1:1")))
			var clients []*client
			for i := range 50 {
				c := n.dial(t)
				c.connectionID = id
				switch i % 3 {
				case 0:
					c.send(udpproto.AppendConnectRequest(nil, c.header().TransactionID))
				case 1:
					r := c.announcement(hashA)
					r.Port = uint16(1000 + i)
					c.send(r.Append(nil))
				case 2:
					c.send(c.scrapeRequest(hashA))
				}
				clients = append(clients, c)
			}
			if err := n.Run(ended()); err != nil {
				t.Errorf("got error %v from Run, want none", err)
			}
			for i, c := range clients {
				c.isMine(c.receive(), [...]udpproto.Action{
					udpproto.ActionConnect, udpproto.ActionAnnounce, udpproto.ActionScrape,
				}[i%3])
			}
		})
	}
}

func TestConnectsAreAnsweredWhileAnnouncesWait(t *testing.T) {
	w := newWaiting()
	n := start(t, setup{wrap: w.wrap})
	c := n.connected(t)
	r := c.announcement(hashA)
	c.send(r.Append(nil))
	<-w.asked
	other := n.dial(t)
	if other.connect(); other.connectionID == 0 {
		t.Error("got no connection ID while an announce waits")
	}
	close(w.answer)
	c.isMine(c.receive(), udpproto.ActionAnnounce)
}

func TestWhatComesWhenTooManyBatchesWaitIsDropped(t *testing.T) {
	const batches = 3
	w := newWaiting()
	n := start(t, setup{wrap: w.wrap, opts: udptracker.Options{Batches: batches}})
	var clients []*client
	for range batches {
		c := n.connected(t)
		r := c.announcement(hashA)
		c.send(r.Append(nil))
		<-w.asked
		clients = append(clients, c)
	}
	late := n.connected(t)
	r := late.announcement(hashA)
	late.send(r.Append(nil))
	late.connect() // is answered after the announce was dropped
	if got := n.dropped(t, "busy"); got != 1 {
		t.Errorf("got %v announces dropped as busy, want 1", got)
	}
	close(w.answer)
	for _, c := range clients {
		c.isMine(c.receive(), udpproto.ActionAnnounce)
	}
	again := late.announcement(hashA)
	late.announce(again)
}
