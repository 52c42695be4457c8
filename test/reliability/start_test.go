package reliability_test

import (
	"strings"
	"syscall"
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
	s.Signal(syscall.SIGTERM)
	s.awaitReady(503, "draining\n")
}

func TestAnOldRedisIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s := launch(t, redistest.Fake{Version: redistest.Old}.Start(t))
	if code := s.Wait(t); code == 0 || !strings.Contains(s.Output(), "redis is too old") {
		t.Errorf("got exit code %d, want a failure that says why:\n%s", code, s.Output())
	}
	if strings.Contains(s.Output(), "listening") {
		t.Errorf("got a Starling that listened before it looked, want none:\n%s", s.Output())
	}
}
