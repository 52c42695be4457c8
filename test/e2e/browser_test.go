package e2e_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A browser is a socket to one replica, on which any number of peers may announce.
type browser struct {
	tb   testing.TB
	conn *websocket.Conn
	said wsproto.ServerMessage
}

func browse(tb testing.TB, r *starlingtest.Server) *browser {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, r.Announce("ws", "ipv4"), nil) //nolint:bodyclose // Dial leaves nothing to close
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.CloseNow() })
	return &browser{tb: tb, conn: conn}
}

func (b *browser) send(message []byte) {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := b.conn.Write(ctx, websocket.MessageText, message); err != nil {
		b.tb.Fatal(err)
	}
}

// next returns the next message of this kind, and lets go what else comes before. It is good until the next call.
func (b *browser) next(kind wsproto.Kind) *wsproto.ServerMessage {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, text, err := b.conn.Read(ctx)
		if err != nil {
			b.tb.Fatalf("read: %v", err)
		}
		if err := wsproto.ParseServer(text, &b.said); err != nil {
			b.tb.Fatalf("%q: %v", text, err)
		}
		switch b.said.Kind {
		case kind:
			return &b.said
		case wsproto.KindFailure:
			b.tb.Fatalf("got the failure %q", b.said.Reason)
		}
	}
}

// announce announces a leecher, and returns how many the reply counts.
func (b *browser) announce(h bittorrent.InfoHash, id bittorrent.PeerID, offers ...wsproto.Offer) (peers int) {
	b.tb.Helper()
	b.send(wsproto.AppendAnnounce(nil, &wsproto.AnnounceRequest{
		InfoHash: h, PeerID: id, Left: wsproto.LeftUnknown, NumWant: len(offers), Offers: offers,
	}))
	m := b.next(wsproto.KindReply)
	return int(m.Complete + m.Incomplete)
}

func browserID(n int) bittorrent.PeerID {
	return bittorrent.PeerID(fmt.Appendf(nil, "-WW0001-%012d", n))
}

// counted returns how many a replica counts, by HTTP. A replica that does not answer fails the test.
func counted(tb testing.TB, h *host, r *starlingtest.Server, hash bittorrent.InfoHash) int {
	tb.Helper()
	result, err := h.scrapeAt(r, swarm.HTTP, hash)
	if err != nil {
		tb.Fatal(err)
	}
	return int(result[0].Seeders + result[0].Leechers)
}

// watch asks the replicas in turn, again and again until stop is called, and fails the test when one of them
// counts other than want.
func watch(t *testing.T, f *fleet, hash bittorrent.InfoHash, want int) (stop func() (looks int)) {
	h := newHost(t, f, newRand(t), "127.0.0.1")
	done, looks := make(chan struct{}), 0
	var watching sync.WaitGroup
	watching.Go(func() {
		for ; ; looks++ {
			select {
			case <-done:
				return
			default:
			}
			r := f.replica(looks % f.size())
			result, err := h.scrapeAt(r, swarm.HTTP, hash)
			if err != nil {
				t.Errorf("look %d: %v", looks, err)
				return
			}
			if got := int(result[0].Seeders + result[0].Leechers); got != want {
				t.Errorf("look %d, at replica %d: got %d browsers, want %d", looks, looks%f.size(), got, want)
				return
			}
		}
	})
	return sync.OnceValue(func() int {
		close(done)
		watching.Wait()
		return looks
	})
}

// awaitCount waits until a replica counts want, and returns how long that took.
func awaitCount(t *testing.T, h *host, r *starlingtest.Server, hash bittorrent.InfoHash, want int) time.Duration {
	t.Helper()
	began, got := time.Now(), 0
	if !starlingtest.Poll(patience, func() bool {
		got = counted(t, h, r, hash)
		return got == want
	}) {
		t.Fatalf("got %d browsers after %v, want %d", got, patience, want)
	}
	return time.Since(began)
}
