package interop_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// TestClientsDoNotTransferWithoutStarling is the control: the same encounters with Starling gone,
// and a witness on its address that answers nothing. Both clients ask it, and nothing is fetched.
func TestClientsDoNotTransferWithoutStarling(t *testing.T) {
	t.Parallel()
	needClients(t)
	for _, e := range encounters {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			to := newTorrent(t, s.Announce(e.proto, e.family))
			starlingtest.Stop(t, s)
			w := startWitness(t, s.HTTP[e.family], s.UDP[e.family])

			fetched := t.TempDir()
			asks := func(h host) {
				t.Helper()
				addr := h.addr(e.family)
				eventually(t, "tracker asked for by "+addr, true, func() bool { return w.saw(addr) })
			}
			e.seeder().Seed(t, job{to, seederHost, e.family, e.proto, ""})
			asks(seederHost)
			e.leecher().Fetch(t, job{to, leecherHost, e.family, e.proto, fetched})
			asks(leecherHost)
			always(t, "bytes fetched", 0, func() int { return fetchedBytes(fetched) })
		})
	}
}

// fetchedBytes counts what is not zero in the content below dir, whatever the client calls it
// while it is not complete. Files of other names are notes that clients keep beside it.
func fetchedBytes(dir string) (n int) {
	for _, suffix := range []string{"", ".part"} {
		if content, err := os.ReadFile(filepath.Join(dir, contentName+suffix)); err == nil {
			n += len(content) - bytes.Count(content, []byte{0})
		}
	}
	return n
}

// A witness listens where Starling did, hangs up, and remembers who called.
type witness struct {
	mu      sync.Mutex // guards callers
	callers map[string]bool
}

func startWitness(t *testing.T, httpAddr, udpAddr string) *witness {
	t.Helper()
	w := &witness{callers: make(map[string]bool)}
	ln, err := net.Listen("tcp", httpAddr)
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", udpAddr)
	if err != nil {
		t.Fatal(err)
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			w.note(conn.RemoteAddr())
			conn.Close()
		}
	})
	loops.Go(func() {
		for {
			_, from, err := pc.ReadFrom(make([]byte, 1))
			if err != nil {
				return
			}
			w.note(from)
		}
	})
	t.Cleanup(func() {
		ln.Close()
		pc.Close()
		loops.Wait()
	})
	return w
}

func (w *witness) note(from net.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.callers[netip.MustParseAddrPort(from.String()).Addr().String()] = true
}

func (w *witness) saw(addr string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.callers[addr]
}
