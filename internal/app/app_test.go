package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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

// running runs a tracker; stop asks it to end, and done says how it did.
func running(t *testing.T, cfg config.Config) (log *logbook, stop func(), done <-chan error) {
	t.Helper()
	log = newLogbook()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg, slog.New(slog.NewJSONHandler(log, nil))) }()
	t.Cleanup(cancel)
	return log, cancel, ended
}

const announce = "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=6881"

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

// A part is a runner that tells when it starts and stops.
type part struct {
	name    string
	told    chan<- string
	stops   error           // what Run returns
	fails   <-chan struct{} // ends Run by itself
	lingers time.Duration   // how long Run takes to end
}

func (p part) Run(ctx context.Context) error {
	p.told <- p.name + " started"
	select {
	case <-ctx.Done():
		<-time.After(p.lingers)
	case <-p.fails:
	}
	p.told <- p.name + " stopped"
	return p.stops
}

func fakeParts(told chan<- string, listener part) *parts {
	listener.name, listener.told = "listener", told
	return &parts{
		log: slog.New(slog.DiscardHandler), health: new(ops.Health),
		listeners: []runner{listener}, backends: []runner{part{name: "backend", told: told}},
	}
}

func TestBackendsOutliveListeners(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := make(chan string, 4)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- fakeParts(told, part{lingers: time.Second}).run(ctx, 0) }()
		<-told
		<-told
		stop()
		if first, second := <-told, <-told; first != "listener stopped" || second != "backend stopped" {
			t.Errorf("got %q before %q, want the listener first", first, second)
		}
		if err := <-done; err != nil {
			t.Errorf("got %v, want a clean end", err)
		}
	})
}

func TestAPartThatBreaksEndsAll(t *testing.T) {
	told, broken := make(chan string, 4), make(chan struct{})
	cause := errors.New("the socket broke")
	done := make(chan error)
	go func() { done <- fakeParts(told, part{stops: cause, fails: broken}).run(t.Context(), time.Hour) }()
	<-told
	<-told
	close(broken)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
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
