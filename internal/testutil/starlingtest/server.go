// Package starlingtest builds Starling and runs it for tests, as its users would: the binary, in
// processes of its own, on free ports. It runs other programs beside it the same way.
package starlingtest

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
)

// Build builds Starling into dir and returns the path of the binary. The race detector watches it when
// it watches the test: then a Starling with a race ends with another exit code than 0.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "starling")
	args := []string{"build", "-o", path}
	if testutil.RaceEnabled {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "github.com/starling-tracker/starling/cmd/starling")...) //nolint:gosec // no input
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// A Server is a Starling that runs, and where it listens, an address a family: "ipv4" and "ipv6".
type Server struct {
	*Process

	HTTP, UDP map[string]string
}

// Launch starts the binary with everything at its defaults but the addresses, of which listen is one or
// several, and the flags. It does not wait: see [Server.AwaitReady].
func Launch(tb testing.TB, binary, listen string, flags ...string) *Server {
	tb.Helper()
	args := append([]string{
		"serve", "--http.listen=" + listen, "--udp.listen=" + listen, "--ops.listen=127.0.0.1:0", "--log.format=json",
	}, flags...)
	return &Server{Process: Start(tb, binary, args...), HTTP: make(map[string]string), UDP: make(map[string]string)}
}

// AwaitReady waits until the server says that it is ready, and learns where it listens.
func (s *Server) AwaitReady(tb testing.TB) {
	tb.Helper()
	ended := false
	if !Poll(patience, func() bool {
		select {
		case <-s.Ended():
			ended = true
		default:
		}
		return s.readLog() || ended
	}) || ended {
		tb.Fatalf("got no Starling that is ready within %v; ended by itself: %v", patience, ended)
	}
}

// readLog learns the addresses, and reports whether the server is ready.
func (s *Server) readLog() (ready bool) {
	for line := range strings.Lines(s.Output()) {
		var entry struct{ Msg, Proto, Addr string }
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}
		ready = ready || entry.Msg == "ready"
		if entry.Msg != "listening" {
			continue
		}
		family := "ipv4"
		if strings.HasPrefix(entry.Addr, "[") {
			family = "ipv6"
		}
		switch entry.Proto {
		case "http":
			s.HTTP[family] = entry.Addr
		case "udp":
			s.UDP[family] = entry.Addr
		}
	}
	return ready
}

// Announce returns the URL that a torrent needs to use a protocol, "http" or "udp", in a family.
func (s *Server) Announce(proto, family string) string {
	if proto == "udp" {
		return "udp://" + s.UDP[family] + "/announce"
	}
	return "http://" + s.HTTP[family] + "/announce"
}

// Stop stops the servers as their operators would, all at the same moment, and fails the test when one
// comes to no orderly end.
func Stop(tb testing.TB, servers ...*Server) {
	tb.Helper()
	for _, s := range servers {
		s.Signal(syscall.SIGTERM)
	}
	for _, s := range servers {
		if code := s.Wait(tb); code != 0 {
			tb.Errorf("got exit code %d of a Starling that was asked to stop, want 0", code)
		}
	}
}

// pollInterval is how often [Poll] looks.
const pollInterval = 20 * time.Millisecond

// Poll calls done until it returns true, for at most limit, and returns what it returned last.
func Poll(limit time.Duration, done func() bool) bool {
	over := time.After(limit)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-over:
			return false
		}
	}
	return true
}
