// Package redistest starts real Redis servers for tests: one, several with Sentinels that watch over
// them, or a Cluster; with TLS and a user, if need be. Each has a free port and a directory of its own,
// keeps nothing on disk, and is gone when its test is.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// patience is how long a server may take for what it always does in the end.
const patience = 20 * time.Second

// A Server is a redis-server.
type Server struct {
	Addr string // 127.0.0.1:port

	tb      testing.TB
	access  Access
	binary  string
	command []string // its arguments
	dir     string
	process *exec.Cmd // nil while it is stopped
	client  *redis.Client
}

// Start starts a server, with further arguments as on its command line, and waits until it answers.
// Where there is no redis-server the test is skipped, or fails when STARLING_REQUIRE_CLIENTS is set.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return StartFor(tb, Access{}, args...)
}

// StartFor is [Start] of a server that has to be used as access says, which [Server.URL] does.
func StartFor(tb testing.TB, access Access, args ...string) *Server {
	tb.Helper()
	s := newServer(tb, access, "redis-server")
	s.command = append(access.args(s.Port()), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--appendonly", "no")
	s.command = append(s.command, args...)
	s.Restart()
	return s
}

func newServer(tb testing.TB, access Access, binary string) *Server {
	tb.Helper()
	path, err := exec.LookPath(binary)
	if err != nil {
		if os.Getenv("STARLING_REQUIRE_CLIENTS") != "" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	s := &Server{tb: tb, access: access, binary: path, dir: tb.TempDir(), Addr: freeAddr(tb)}
	s.client = access.client(tb, s.Addr)
	tb.Cleanup(func() {
		_ = s.client.Close()
		s.Kill()
	})
	return s
}

// freeAddr returns an address that nobody listens on at the moment, of which the port 10,000 above is
// one, too: the bus of a Cluster is there.
func freeAddr(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		addr, _ := ln.Addr().(*net.TCPAddr)
		_ = ln.Close()
		if addr.Port > 65535-10000 {
			continue
		}
		bus, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", addr.Port+10000))
		if err != nil {
			continue
		}
		_ = bus.Close()
		return addr.String()
	}
	tb.Fatal("got no port that is free, and the one 10,000 above it too")
	return ""
}

// Port returns the server's port.
func (s *Server) Port() string {
	_, port, _ := net.SplitHostPort(s.Addr)
	return port
}

// URL returns the redis:// or rediss:// URL of the server.
func (s *Server) URL() string { return s.access.url(s.Addr, "") }

// Restart starts the server, which must not be running, on the address that it had.
func (s *Server) Restart() {
	s.tb.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer log.Close()                                //nolint:errcheck // the server has it
	s.process = exec.Command(s.binary, s.command...) //nolint:gosec // what the test says
	s.process.Stdout, s.process.Stderr = log, log
	s.process.SysProcAttr = dieWithUs()
	if err := s.process.Start(); err != nil {
		s.tb.Fatal(err)
	}
	s.Await("an answer", func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", s.Addr) // go-redis logs each time that fails
		if err != nil {
			return err
		}
		_ = conn.Close()
		if err := s.client.Ping(ctx).Err(); err != nil && !strings.HasPrefix(err.Error(), "NOAUTH") {
			return err
		}
		return nil
	})
}

// Kill ends the server at once, as a crash would.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
}

// Freeze stops the server where it is, with its connections open, and Thaw lets it go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig os.Signal) {
	s.tb.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		s.tb.Fatal(err)
	}
}

// PID returns the process of a running server.
func (s *Server) PID() int { return s.process.Process.Pid }

// Do runs a command that has to succeed, and returns its reply as go-redis does.
func (s *Server) Do(args ...any) any {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got, err := s.client.Do(ctx, args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		s.tb.Fatalf("%v: %v", args, err)
	}
	return got
}

// Text is [Server.Do] for replies that are a text or a number.
func (s *Server) Text(args ...any) string {
	s.tb.Helper()
	return fmt.Sprint(s.Do(args...))
}

// Int is [Server.Do] for replies that are numbers.
func (s *Server) Int(args ...any) int {
	s.tb.Helper()
	n, err := strconv.Atoi(s.Text(args...))
	if err != nil {
		s.tb.Fatalf("%v: %v", args, err)
	}
	return n
}

// Await asks until what is asked for is no error, and fails the test when that takes too long.
func (s *Server) Await(what string, ask func(ctx context.Context) error) {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.tb.Fatalf("%s: waiting for %s: %v\n%s", s.Addr, what, err, log)
		case <-tick.C:
		}
	}
}
