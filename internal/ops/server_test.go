package ops_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/store/memstore"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A node is a server on a free port.
type node struct {
	*ops.Server
	health   ops.Health
	registry *prometheus.Registry
	log      bytes.Buffer // to be read when the server does not run
}

// inspector is a store that shows what a test likes.
type inspector func(ctx context.Context, h bittorrent.InfoHash, limit int) (swarm.Detail, error)

func (f inspector) Detail(ctx context.Context, h bittorrent.InfoHash, limit int) (swarm.Detail, error) {
	return f(ctx, h, limit)
}

// open returns a node that does not run yet. A nil store is an empty one in memory.
func open(t *testing.T, store ops.Inspector) *node {
	t.Helper()
	n := &node{registry: prometheus.NewRegistry()}
	if store == nil {
		store = memstore.New(n.registry, memstore.Options{PeerLifetime: time.Hour})
	}
	var err error
	log := slog.New(slog.NewTextHandler(&n.log, nil))
	n.Server, err = ops.New(t.Context(), &n.health, store, n.registry, log, ops.Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run runs n until stop is called, at the end of the test if not before. Run has to return nil.
func (n *node) run(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	stopped := false
	stop = func() {
		if cancel(); stopped {
			return
		}
		stopped = true
		if err := <-done; err != nil {
			t.Errorf("got error %v from Run, want none", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// start returns a node that runs until the test ends.
func start(t *testing.T, store ops.Inspector) *node {
	t.Helper()
	n := open(t, store)
	n.run(t)
	return n
}

// client keeps no connections, which would outlive the tests.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// A reply is what a server answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request to n, and returns an error when no reply came.
func (n *node) ask(method, path string) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+n.Addr().String()+path, nil)
	if err != nil {
		return reply{}, err
	}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, string(body)}, err
}

func (n *node) get(t *testing.T, path string) reply {
	t.Helper()
	r, err := n.ask(http.MethodGet, path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnAddressThatIsTakenIsAnErrorAtOnce(t *testing.T) {
	taken := open(t, nil)
	defer taken.Close()
	addr := taken.Addr().String()
	_, err := ops.New(t.Context(), nil, nil, nil, slog.New(slog.DiscardHandler), ops.Options{Listen: addr})
	if err == nil || !strings.HasPrefix(err.Error(), "ops.listen: ") || !strings.Contains(err.Error(), addr) {
		t.Errorf("got error %v, want one that names ops.listen and %s", err, addr)
	}
}

func TestAListenerThatBreaksEndsRunWithAnError(t *testing.T) {
	n := open(t, nil)
	n.Close()
	if err := n.Run(t.Context()); !errors.Is(err, net.ErrClosed) || !strings.HasPrefix(err.Error(), "ops: ") {
		t.Errorf("got error %v, want %v of ops", err, net.ErrClosed)
	}
}
