package load_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/load"
)

func TestOptionsOfBrowsersOutOfTheirRangeAreNamed(t *testing.T) {
	for want, change := range map[string]func(*load.WebSocketOptions){
		"sockets: 0":        func(o *load.WebSocketOptions) { o.Sockets = 0 },
		"sockets: 16 is":    func(o *load.WebSocketOptions) { o.Targets = make17(o.Targets[0]) },
		"swarms: 0":         func(o *load.WebSocketOptions) { o.Swarms = 0 },
		"swarms: 17":        func(o *load.WebSocketOptions) { o.Swarms = 17 },
		"offers: -1":        func(o *load.WebSocketOptions) { o.Offers = -1 },
		"there are 7":       func(o *load.WebSocketOptions) { o.Offers = 8 },
		"sdp-bytes: 0":      func(o *load.WebSocketOptions) { o.SDPBytes = 0 },
		"window: 0":         func(o *load.WebSocketOptions) { o.Window = 0 },
		"seeders: NaN":      func(o *load.WebSocketOptions) { o.Seeders = math.NaN() },
		"answers: 1.5":      func(o *load.WebSocketOptions) { o.Answers = 1.5 },
		"timeout: 0s":       func(o *load.WebSocketOptions) { o.Timeout = 0 },
		"duration: 0s":      func(o *load.WebSocketOptions) { o.Length = 0 },
		"warmup: -1s":       func(o *load.WebSocketOptions) { o.Warmup = -time.Second },
		"interval: -1s":     func(o *load.WebSocketOptions) { o.Interval = -time.Second },
		"interval: 1s is":   func(o *load.WebSocketOptions) { o.Interval = time.Second },
		"two targets":       func(o *load.WebSocketOptions) { o.Cross = true },
		"nobody":            func(o *load.WebSocketOptions) { o.Cross, o.Seeders, o.Targets = true, 0, twice(o.Targets[0]) },
		"no target":         func(o *load.WebSocketOptions) { o.Targets = nil },
		"ws:// trackers":    func(o *load.WebSocketOptions) { o.Targets = []string{"wss://127.0.0.1/"} },
		"no host":           func(o *load.WebSocketOptions) { o.Targets = []string{"ws:///"} },
		"process 4194305":   func(o *load.WebSocketOptions) { o.PIDs = []int{1<<22 + 1} }, // above the most that Linux gives
		"connection refuse": func(o *load.WebSocketOptions) { o.Targets = []string{"ws://127.0.0.1:1/"} },
	} {
		t.Run(want, func(t *testing.T) {
			opts := few(serveWS(t, new(wsTracker)))
			change(&opts)
			if _, err := load.RunWebSocket(t.Context(), opts); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
		})
	}
}

func twice(url string) []string { return []string{url, url} }

func make17(url string) (urls []string) {
	for range 17 {
		urls = append(urls, url)
	}
	return urls
}

func TestALoadOfBrowsersEndsWithItsContext(t *testing.T) {
	tr := new(wsTracker)
	opts := few(serveWS(t, tr))
	opts.Length = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	opts.Progress = func(p load.Progress) {
		if !p.Warming && p.Done > 0 {
			cancel()
		}
	}
	if r, err := load.RunWebSocket(ctx, opts); err != nil || r.Announces == 0 {
		t.Errorf("interrupted while it counts: got %d announces and %v, want what was counted", r.Announces, err)
	}
	if _, err := load.RunWebSocket(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted before: got %v, want %v", err, context.Canceled)
	}
}
