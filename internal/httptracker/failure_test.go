package httptracker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestAFailureSaysWhenToTryAgain(t *testing.T) {
	l := start(t, nil)
	got := l.getFrom(alice, "/announce?port=1").body
	const want = "8:intervali1800e12:min intervali1800e8:retry in5:nevere"
	if !strings.HasPrefix(got, "d14:failure reason") || !strings.HasSuffix(got, want) {
		t.Errorf("a lasting refusal: got %q, want a failure reason and %q", got, want)
	}
	full := failing(swarm.RefusedError{Reason: swarm.Overloaded})
	l = startWith(t, full, prometheus.NewRegistry(), nil)
	for _, target := range []string{base + "&port=1", "/scrape?info_hash=" + hashText} {
		got = l.getFrom(alice, target).body
		const want = "d14:failure reason32:tracker is full, try again later8:intervali300e12:min intervali300e8:retry ini5ee"
		if got != want {
			t.Errorf("a passing refusal: got %q, want %q", got, want)
		}
	}
	if full.refused[swarm.Overloaded] != 2 {
		t.Errorf("got the refusals %v counted, want 2 as overloaded", full.refused)
	}
}

func TestOurOwnErrorsStayWithUs(t *testing.T) {
	broken := failing(errors.New("dial tcp 192.0.2.66:6379: secret"))
	l := startWith(t, broken, prometheus.NewRegistry(), nil)
	for _, target := range []string{base + "&port=1", "/scrape?info_hash=" + hashText} {
		if got := l.failure(alice, target); got.Failure != "internal error" || string(got.RetryIn) != "i5e" {
			t.Errorf("%s: got failure %q, retry in %q, want an internal error and 5 minutes", target, got.Failure, got.RetryIn)
		}
	}
}

func TestAPanicClosesOneConnectionOnly(t *testing.T) {
	fake := failing(nil)
	fake.panics = true
	reg := prometheus.NewRegistry()
	l := startWith(t, fake, reg, nil)
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s&port=1 HTTP/1.1\r\nHost: t\r\n\r\n", base)
	if rest, err := io.ReadAll(conn); err != nil || len(rest) != 0 {
		t.Errorf("got %q, error %v, want the connection closed", rest, err)
	}
	if got := counter(t, l, "starling_http_panics_total", ""); got != 1 {
		t.Errorf("got %v panics counted, want 1", got)
	}
	if got := l.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n"); got.StatusCode != http.StatusOK {
		t.Errorf("after the panic: got %s, want 200", got.Status)
	}
}

// failing returns a tracker whose every answer is err.
func failing(err error) *fakeTracker {
	return &fakeTracker{err: err, refused: map[swarm.Reason]int{}}
}

type fakeTracker struct {
	err     error
	panics  bool
	refused map[swarm.Reason]int
}

func (f *fakeTracker) Announce(context.Context, swarm.Announce, *swarm.Peers) (swarm.Reply, error) {
	if f.panics {
		panic("a mistake of ours")
	}
	return swarm.Reply{}, f.err
}

func (f *fakeTracker) Answered(swarm.Proto, int, time.Duration) {}

func (f *fakeTracker) Scrape(
	context.Context, swarm.Proto, int, []bittorrent.InfoHash, []swarm.Stats,
) ([]swarm.Stats, error) {
	return nil, f.err
}

func (f *fakeTracker) Refused(_ swarm.Proto, reason swarm.Reason) { f.refused[reason]++ }
