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
	f, err := udptracker.New(t.Context(), nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), udptracker.Options{
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

// A client hears only from the address that it talks to.
func TestAReplyLeavesFromWhereItsRequestCameTo(t *testing.T) {
	n := start(t, setup{opts: udptracker.Options{Listen: []string{"0.0.0.0:0", ":0"}, Sockets: 2}})
	for _, addr := range n.Addrs() {
		for _, host := range []string{"127.0.0.1", "127.0.0.2", "127.255.3.4"} {
			conn, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.ParseIP(host), Port: int(addr.Port())})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			c := &client{TB: t, conn: conn}
			if c.connect(); c.connectionID == 0 {
				t.Errorf("%v by %s: got no connection ID, want one", addr, host)
			}
		}
	}
}

func TestSocketsShareAnAddressAndItsClients(t *testing.T) {
	const each = 3
	before := sockets(t)
	n := start(t, setup{opts: udptracker.Options{Listen: []string{"127.0.0.1:0", "[::1]:0"}, Sockets: each}})
	if got := sockets(t) - before; got != 2*each || len(n.Addrs()) != 2 {
		t.Errorf("got %d sockets at %v, want %d at two addresses", got, n.Addrs(), 2*each)
	}
	for range 40 { // enough to reach every socket
		n.connected(t)
	}
}

func TestAnAddressOfSharedSocketsIsTakenToo(t *testing.T) {
	taken := open(t, setup{opts: udptracker.Options{Sockets: 2}})
	defer taken.Close()
	f, err := udptracker.New(t.Context(), nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), udptracker.Options{
		Listen: []string{taken.Addrs()[0].String()}, Sockets: 2,
	})
	if err == nil {
		f.Close()
		t.Error("got a second frontend on the same address, want an error")
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
