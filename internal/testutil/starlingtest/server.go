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
	Ops       string
}

// Launch starts the binary with everything at its defaults but the addresses, of which listen is one or
// several, and the flags. It does not wait: see [Server.AwaitReady].
//
// It must run until the test is over or ends it, and is stopped then as [Stop] does, unless the test has
// killed it, or waited for its end.
func Launch(tb testing.TB, binary, listen string, flags ...string) *Server {
	tb.Helper()
	args := append([]string{
		"serve", "--http.listen=" + listen, "--udp.listen=" + listen, "--ops.listen=127.0.0.1:0", "--log.format=json",
	}, flags...)
	s := &Server{Process: Start(tb, binary, args...), HTTP: make(map[string]string), UDP: make(map[string]string)}
	tb.Cleanup(func() { s.end(tb) })
	return s
}

// end ends a server of which the test does not know how it ended.
func (s *Server) end(tb testing.TB) {
	if s.judged.Load() {
		return
	}
	select {
	case <-s.Ended():
		if !s.asked.Load() {
			tb.Errorf("got a Starling that ended by itself, with exit code %d, want it to run on", s.Wait(tb))
			return
		}
	default:
		if !s.asked.Load() { // a second time would be for those in a hurry
			s.Signal(syscall.SIGTERM)
		}
	}
	s.wantOrderlyEnd(tb)
}

func (s *Server) wantOrderlyEnd(tb testing.TB) {
	tb.Helper()
	if code := s.Wait(tb); code != 0 {
		tb.Errorf("got exit code %d of a Starling that was asked to stop, want 0", code)
	}
}

// AwaitListening waits until the server listens, ready or not, and learns where.
func (s *Server) AwaitListening(tb testing.TB) {
	tb.Helper()
	s.await(tb, "listens", "announce to")
}

// AwaitReady waits until the server says that it is ready, and learns where it listens.
func (s *Server) AwaitReady(tb testing.TB) {
	tb.Helper()
	s.await(tb, "is ready", "ready")
}

// await waits until the server has logged a message.
func (s *Server) await(tb testing.TB, what, msg string) {
	tb.Helper()
	ended := false
	if !Poll(patience, func() bool {
		select {
		case <-s.Ended():
			ended = true
		default:
		}
		return s.readLog(msg) || ended
	}) || ended {
		tb.Fatalf("got no Starling that %s within %v; ended by itself: %v", what, patience, ended)
	}
}

// readLog learns the addresses, and reports whether the server has logged msg.
func (s *Server) readLog(msg string) (logged bool) {
	for line := range strings.Lines(s.Output()) {
		var entry struct{ Msg, Proto, Addr string }
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue
		}
		logged = logged || entry.Msg == msg
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
		case "ops":
			s.Ops = entry.Addr
		}
	}
	return logged
}

// Announce returns the URL that a torrent needs to use a protocol, "http", "udp" or "ws", in a family.
func (s *Server) Announce(proto, family string) string {
	addr := s.HTTP[family] // browsers share it
	if proto == "udp" {
		addr = s.UDP[family]
	}
	return proto + "://" + addr + "/announce"
}

// Stop stops the servers as their operators would, all at the same moment, and fails the test when one
// comes to no orderly end.
func Stop(tb testing.TB, servers ...*Server) {
	tb.Helper()
	for _, s := range servers {
		s.Signal(syscall.SIGTERM)
	}
	for _, s := range servers {
		s.wantOrderlyEnd(tb)
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
