package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const announce = "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=6881"

// errEnough ends a drain that would take an hour.
var errEnough = errors.New("seen enough")

func TestADrainingTrackerServesButAsksClientsToGo(t *testing.T) {
	log := newLogbook()
	p, err := build(t.Context(), defaults(t), slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	enough, told := make(chan struct{}), make(chan string, 2)
	p.listeners = append(p.listeners, part{name: "last", told: told, fails: enough, stops: errEnough})
	p.announceItself()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.run(ctx, time.Hour) }()
	defer func() {
		close(enough)
		if err := <-done; !errors.Is(err, errEnough) {
			t.Errorf("got %v, want %v", err, errEnough)
		}
	}()
	log.awaitMsg("ready")
	tracker, operators := "http://"+log.addrOf("http"), "http://"+log.addrOf("ops")
	if status, body, _ := get(t, operators+"/readyz"); status != 200 || body != "ready\n" {
		t.Errorf("/readyz: got %d %q, want 200 ready", status, body)
	}
	if status, _, closed := get(t, tracker+announce); status != 200 || closed {
		t.Errorf("announce: got %d, closed %v, want 200 and a connection that is kept", status, closed)
	}
	stop()
	log.awaitMsg("draining")
	if status, body, _ := get(t, operators+"/readyz"); status != 503 || body != "draining\n" {
		t.Errorf("/readyz while draining: got %d %q, want 503 draining", status, body)
	}
	if status, _, _ := get(t, operators+"/livez"); status != 200 {
		t.Errorf("/livez while draining: got %d, want 200", status)
	}
	if status, _, closed := get(t, tracker+announce); status != 200 || !closed {
		t.Errorf("announce while draining: got %d, closed %v, want 200 and Connection: close", status, closed)
	}
}

func TestAStopUnderLoadLosesNothingWhateverTheDrain(t *testing.T) {
	for _, drain := range []time.Duration{0, 100 * time.Millisecond} {
		cfg := defaults(t)
		cfg.Shutdown.Drain = drain
		log, stop, done := running(t, cfg)
		log.awaitMsg("ready")
		clients := testutil.Announcers{Addr: log.addrOf("http"), Target: announce, KeepAlive: true}
		clients.Start(10)
		if err := clients.Await(t.Context(), 200); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("drain %v: got %v, want a clean end", drain, err)
		}
		if lost := clients.Wait(); lost != 0 {
			t.Errorf("drain %v: got %d requests without a reply, want none", drain, lost)
		}
		log.awaitMsg("stopped")
	}
}

func TestATakenPortIsAnErrorAtOnceThatNamesTheSetting(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for key, take := range map[string]func(*config.Config){
		"http.listen": func(c *config.Config) { c.HTTP.Listen = append(c.HTTP.Listen, tcp.Addr().String()) },
		"udp.listen":  func(c *config.Config) { c.UDP.Listen = append(c.UDP.Listen, udp.LocalAddr().String()) },
		"ops.listen":  func(c *config.Config) { c.Ops.Listen = tcp.Addr().String() },
	} {
		cfg := defaults(t)
		take(&cfg)
		err := Run(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err == nil || !strings.HasPrefix(err.Error(), key+": ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s taken: got %v, want one line that names it", key, err)
		}
	}
}

func TestSystemdIsToldWhenReadyAndWhenStopping(t *testing.T) {
	path := t.TempDir() + "/notify"
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	log, stop, done := running(t, defaults(t))
	log.awaitMsg("ready")
	buf := make([]byte, 64)
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		n, err := socket.Read(buf)
		if err != nil || !bytes.Equal(buf[:n], []byte(want)) {
			t.Errorf("got %q, error %v, want %q", buf[:n], err, want)
		}
		stop()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
