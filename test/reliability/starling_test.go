package reliability_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// patience is how long anything may take that always happens in the end.
const patience = 20 * time.Second

// A starling is a running one.
type starling struct {
	*starlingtest.Server

	tb        testing.TB
	http, udp string // addresses
}

// start starts Starling on free ports and returns when it listens. It must still run when the test ends,
// and then ends in good order, which is a promise of its own.
func start(tb testing.TB, redisURL string, flags ...string) *starling {
	tb.Helper()
	s := &starling{Server: launch(tb, redisURL, flags...), tb: tb}
	s.AwaitListening(tb)
	s.http, s.udp = s.HTTP["ipv4"], s.UDP["ipv4"]
	return s
}

// launch starts Starling and returns at once.
func launch(tb testing.TB, redisURL string, flags ...string) *starlingtest.Server {
	tb.Helper()
	return starlingtest.Launch(tb, program, "127.0.0.1:0", append([]string{"--redis.url=" + redisURL}, flags...)...)
}

var opsClient = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get returns the status and body of a path on the operators' port.
func (s *starling) get(path string) (status int, body string, err error) {
	resp, err := opsClient.Get("http://" + s.Ops + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// awaitReady waits until /readyz says exactly that, and returns how long it took.
func (s *starling) awaitReady(status int, body string) time.Duration {
	s.tb.Helper()
	began := time.Now()
	s.await(fmt.Sprintf("/readyz with %d %q", status, body), func() error {
		if code, got, err := s.get("/readyz"); err != nil || code != status || got != body {
			return fmt.Errorf("it says %d %q, error %w", code, got, err)
		}
		return nil
	})
	return time.Since(began)
}

// await asks until what is asked for is no error, and fails the test when that takes too long.
func (s *starling) await(what string, ask func() error) {
	s.tb.Helper()
	over := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-over:
			s.tb.Fatalf("waiting for %s: %v\n%s", what, err, s.Output())
		case <-tick.C:
		}
	}
}

// goroutines returns how many there are in Starling.
func (s *starling) goroutines() int {
	s.tb.Helper()
	_, body, err := s.get("/debug/pprof/goroutine?debug=1")
	text, _, _ := strings.Cut(strings.TrimPrefix(body, "goroutine profile: total "), "\n")
	n, parseErr := strconv.Atoi(text)
	if err != nil || parseErr != nil {
		s.tb.Fatalf("goroutines: %v, %v", err, parseErr)
	}
	return n
}

// rss returns what memory of Starling is resident, in MiB.
func (s *starling) rss() float64 {
	s.tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.PID()))
	if err != nil {
		s.tb.Fatal(err)
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		s.tb.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
