package app

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/config"
)

func TestFewFilesAreWarnedOf(t *testing.T) {
	for _, tt := range []struct {
		connections int
		listeners   int
		warns       bool
	}{{1, 1, false}, {1 << 40, 1, true}, {1 << 40, 0, false}} {
		var out bytes.Buffer
		cfg := config.Config{}
		cfg.HTTP.MaxConnections = tt.connections
		cfg.HTTP.Listen = make(config.Addrs, tt.listeners)
		warnOfFewFiles(cfg, slog.New(slog.NewTextHandler(&out, nil)))
		if got := strings.Contains(out.String(), "file descriptors"); got != tt.warns {
			t.Errorf("%d connections on %d listeners: got %q, want a warning %v", tt.connections, tt.listeners, &out, tt.warns)
		}
	}
}

func TestAnnounceURLsAreReachable(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1:6969":     "192.0.2.1:6969",
		"[2001:db8::1]:6969": "[2001:db8::1]:6969",
	} {
		if got := reachable(netip.MustParseAddrPort(text)); got.String() != want {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"[::]:6969", "0.0.0.0:6969"} {
		if got := reachable(netip.MustParseAddrPort(text)); got.Addr().IsUnspecified() || got.Port() != 6969 {
			t.Errorf("%s: got %v, want an address of this machine", text, got)
		}
	}
}

func TestAFloodOfErrorsIsLoggedInPart(t *testing.T) {
	var out bytes.Buffer
	handler := newLimiter(slog.NewTextHandler(&out, nil))
	log := func(at time.Time, level slog.Level, message string) {
		if err := handler.Handle(context.Background(), slog.NewRecord(at, level, message, 0)); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Unix(1_700_000_000, 0)
	for range 100 {
		log(start, slog.LevelError, "request failed")
		log(start, slog.LevelInfo, "life goes on")
	}
	log(start, slog.LevelError, "another failure")
	count := func(text string) int { return strings.Count(out.String(), text) }
	if got := count("request failed"); got != logBurst {
		t.Errorf("got %d lines of 100, want %d", got, logBurst)
	}
	if got := count("life goes on"); got != 100 {
		t.Errorf("got %d lines of 100 that are no warning, want all", got)
	}
	if got := count("another failure"); got != 1 {
		t.Errorf("got %d lines of another message, want 1", got)
	}
	log(start.Add(logWindow), slog.LevelError, "request failed")
	if got := count("suppressed=90"); got != 1 {
		t.Errorf("got %q, want the next line to tell of 90 others", out.String())
	}
}
