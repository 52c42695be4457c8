package udptracker_test

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/udptracker"
)

// sockets returns how many this process has open.
func sockets(t *testing.T) (n int) {
	t.Helper()
	const dir = "/proc/self/fd"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("open files are counted in /proc: ", err)
	}
	for _, f := range files {
		if target, err := os.Readlink(filepath.Join(dir, f.Name())); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

func TestAnAddressThatIsTakenIsAnErrorAtOnce(t *testing.T) {
	taken := open(t, setup{})
	defer taken.Close()
	addr, before := taken.Addrs()[0].String(), sockets(t)
	f, err := udptracker.New(nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), udptracker.Options{
		Listen: []string{"127.0.0.1:0", "[::1]:0", addr},
	})
	if err == nil {
		f.Close()
		t.Fatal("got no error, want one")
	}
	if !strings.HasPrefix(err.Error(), "udp.listen: ") || !strings.Contains(err.Error(), addr) {
		t.Errorf("got error %q, want one that names udp.listen and %s", err, addr)
	}
	if got := sockets(t) - before; got != 0 {
		t.Errorf("got %d sockets left open, want none", got)
	}
}

func TestEachAddressHasASocketThatAnswers(t *testing.T) {
	addresses := []string{"127.0.0.1:0", "[::1]:0", ":0"}
	n := start(t, setup{opts: udptracker.Options{Listen: addresses}})
	if got := len(n.Addrs()); got != len(addresses) {
		t.Fatalf("got %d sockets, want %d", got, len(addresses))
	}
	for i, addr := range n.Addrs() {
		conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(addr))
		if err != nil {
			t.Fatalf("%s: %v", addresses[i], err)
		}
		defer conn.Close()
		c := &client{TB: t, conn: conn}
		if c.connect(); c.connectionID == 0 {
			t.Errorf("%s: got no connection ID, want one", addresses[i])
		}
	}
}

func TestRunClosesTheSockets(t *testing.T) {
	n := open(t, setup{})
	if err := n.Run(ended()); err != nil {
		t.Errorf("got error %v from Run, want none", err)
	}
	if err := n.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got error %v from Close, want %v", err, net.ErrClosed)
	}
}

func TestASocketThatBreaksEndsRunWithAnError(t *testing.T) {
	n := open(t, setup{})
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.Run(t.Context()); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), n.Addrs()[0].String()) {
		t.Errorf("got error %v, want %v and the address %v", err, net.ErrClosed, n.Addrs()[0])
	}
	if got := n.dropped(t, "read"); got == 0 {
		t.Error("got no failed reads counted, want some")
	}
}
