package reliability_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
)

// TestStartedBeforeRedisItWaits has Redis come when Starling has been there for a while.
func TestStartedBeforeRedisItWaits(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	proxy := tcpproxy.Start(t, redis.Addr)
	proxy.Refuse()
	s := start(t, "redis://"+proxy.Addr)
	s.awaitReady(503, "starting\n")
	before := newLoad(s)
	before.run()
	pause(while())
	before.halt()
	if before.counts[refused] != before.sent() || before.tooLate() {
		t.Errorf("got %v answered, refused, unanswered, wrong, %d late before there was a Redis, want all refused; %q",
			before.counts, before.late, before.complaints)
	}
	s.awaitReady(503, "starting\n")
	if status, _, err := s.get("/livez"); status != 200 {
		t.Errorf("/livez: got %d, error %v, want 200", status, err)
	}
	proxy.Accept()
	back := time.Now()
	s.awaitReady(200, "ready\n")
	if took := time.Since(back); took > recoveryTime+slack {
		t.Errorf("got ready %v after Redis came, want it within a second", took)
	}
	after := newLoad(s)
	after.run()
	pause(calm)
	after.halt()
	if after.counts[answered] != after.sent() {
		t.Errorf("got %v answered, refused, unanswered, wrong when it was ready, want all answered; %q", after.counts, after.complaints)
	}
}

func TestWithoutRedisItIsNotReadyIfSoConfigured(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := start(t, redis.URL(), "--redis.required")
	s.awaitReady(200, "ready\n")
	redis.Freeze()
	defer redis.Thaw()
	s.awaitReady(503, "ready\ndegraded: redis\n")
	redis.Thaw()
	s.awaitReady(200, "ready\n")
}

func TestADrainingReplicaIsNotReady(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	s := start(t, redis.URL(), "--shutdown.drain=300ms")
	s.awaitReady(200, "ready\n")
	redis.Freeze() // which is no reason not to drain
	defer redis.Thaw()
	s.interrupt()
	s.awaitReady(503, "draining\n")
}

func TestAnOldRedisIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := launch(t, "redis://"+startOldRedis(t, "6.2.14"))
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Fatalf("got a Starling that runs on:\n%s", s.log())
	}
	if code := s.cmd.ProcessState.ExitCode(); code == 0 || !strings.Contains(s.log(), "redis is too old") {
		t.Errorf("got exit code %d, want a failure that says why:\n%s", code, s.log())
	}
}

// startOldRedis starts a server that says it is an old Redis, and has nothing in it.
func startOldRedis(t *testing.T, version string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go serveOldRedis(conn, version)
		}
	}()
	return ln.Addr().String()
}

func serveOldRedis(conn net.Conn, version string) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	for in := bufio.NewScanner(conn); in.Scan(); {
		switch strings.ToLower(in.Text()) {
		case "info":
			text := "# Server\r\nredis_version:" + version + "\r\n"
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(text), text)
		case "hello":
			fmt.Fprint(conn, "-ERR unknown command\r\n")
		case "client":
			fmt.Fprint(conn, "+OK\r\n")
		case "exists":
			fmt.Fprint(conn, ":0\r\n")
		}
	}
}
