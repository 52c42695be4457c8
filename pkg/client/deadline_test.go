package client_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

func TestUDPEndsWithItsContext(t *testing.T) {
	for name, last := range map[string]int{"connecting": 0, "announcing": 1} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				if n == last {
					cancel()
					return nil
				}
				return wellBehaved(n, packet, from)
			})
			if _, err := client.Announce(ctx, "udp://"+server.addr, announcement, patient); !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want context canceled", err)
			}
		})
	}
}

func TestUDPSendsNothingOnceItsContextIsOver(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", wellBehaved)
	ctx, cancel := context.WithCancel(t.Context())
	opts := client.Options{RetryAfter: 10 * time.Second, Tries: 1}.WithClock(func() time.Time { // asked before a packet is sent
		cancel()
		return time.Now()
	})
	if _, err := client.Announce(ctx, "udp://"+server.addr, announcement, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context canceled", err)
	}
	if got := len(server.received(t)); got != 0 {
		t.Errorf("got %d packets, want none", got)
	}
}

func TestTimeoutBoundsTheWholeCall(t *testing.T) {
	opts := client.Options{RetryAfter: time.Hour, Timeout: time.Millisecond}
	server := serveUDP(t, "127.0.0.1", func(int, []byte, *net.UDPAddr) [][]byte { return nil })
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts, as the kernel does, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	silentWS := serveWS(t, "127.0.0.1", func(*http.Request, []byte) []string { return nil })
	for _, trackerURL := range []string{"udp://" + server.addr, "http://" + silent.Addr().String() + "/announce", "ws://" + silent.Addr().String(), silentWS} {
		_, announced := client.Announce(t.Context(), trackerURL, announcement, opts)
		_, scraped := client.Scrape(t.Context(), trackerURL, []bittorrent.InfoHash{hash}, opts)
		for _, err := range []error{announced, scraped} {
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), ": no reply within 1ms") {
				t.Errorf("%s: got error %v, want deadline exceeded after 1ms", trackerURL, err)
			}
		}
	}
}

// transport is a http.RoundTripper.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

func TestHTTPAndWebSocketAreBoundedWithoutATimeoutAndUDPByItsTries(t *testing.T) {
	const most = 30 * time.Second
	start := time.Now()
	for _, trackerURL := range []string{"http://tracker.example/announce", "wss://tracker.example/announce"} {
		_, err := client.Announce(t.Context(), trackerURL, announcement, client.Options{
			Transport: transport(func(req *http.Request) (*http.Response, error) {
				if deadline, ok := req.Context().Deadline(); !ok || deadline.Before(start.Add(most)) || deadline.After(time.Now().Add(most)) {
					t.Errorf("%s: got deadline %v, want %v from now", trackerURL, deadline, most)
				}
				return nil, errors.ErrUnsupported
			}),
		})
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: got error %v, want that of the transport", trackerURL, err)
		}
	}
	_, err := client.Announce(t.Context(), "udp://tracker.example:1", announcement, client.Options{}.WithLookup(
		func(ctx context.Context, _, _ string) ([]netip.Addr, error) {
			if deadline, ok := ctx.Deadline(); ok {
				t.Errorf("UDP: got deadline %v, want none", deadline)
			}
			return nil, errors.ErrUnsupported
		}))
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got error %v, want that of the lookup", err)
	}
}
