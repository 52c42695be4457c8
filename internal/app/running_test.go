package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

// defaults returns the default configuration on free ports of loopback.
func defaults(t *testing.T) config.Config {
	t.Helper()
	cfg, err := config.Load(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.HTTP.Listen, cfg.UDP.Listen = config.Addrs{"127.0.0.1:0"}, config.Addrs{"127.0.0.1:0"}
	cfg.Ops.Listen = "127.0.0.1:0"
	return cfg
}

// A logbook keeps what is logged, and lets tests wait for it.
type logbook struct {
	mu    sync.Mutex // guards lines
	lines []line
	more  *sync.Cond
}

type line struct{ Level, Msg, Proto, Addr string }

func newLogbook() *logbook {
	b := &logbook{}
	b.more = sync.NewCond(&b.mu)
	return b
}

func (b *logbook) Write(p []byte) (int, error) {
	var l line
	if err := json.Unmarshal(p, &l); err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, l)
	b.more.Broadcast()
	return len(p), nil
}

// await waits until a line fits and returns it.
func (b *logbook) await(fits func(line) bool) line {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if i := slices.IndexFunc(b.lines, fits); i >= 0 {
			return b.lines[i]
		}
		b.more.Wait()
	}
}

func (b *logbook) awaitMsg(msg string) { b.await(func(l line) bool { return l.Msg == msg }) }

func (b *logbook) addrOf(proto string) string {
	return b.await(func(l line) bool { return l.Msg == "listening" && l.Proto == proto }).Addr
}

// running runs a tracker; stop asks it to end, and done says how it did. It has ended when the test is over.
func running(t *testing.T, cfg config.Config) (log *logbook, stop func(), done <-chan error) {
	t.Helper()
	log = newLogbook()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { ended <- Run(ctx, cfg, slog.New(slog.NewJSONHandler(log, nil))) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return log, cancel, ended
}

// get returns the status, the body, and whether the connection is to be closed.
func get(t *testing.T, url string) (status int, body string, closed bool) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw), resp.Close
}
