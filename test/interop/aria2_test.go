package interop_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// aria2 1.36. Its UDP tracker client uses the socket of its DHT and does not work without one
// (https://aria2.github.io/manual/en/html/aria2c.html, --dht-listen-port). So over UDP the DHT is
// on, with no entry point, an empty routing table, and a private torrent that may not use it.
type aria2 struct{ *starlingtest.Process }

func (a *aria2) Seed(t *testing.T, j job) {
	a.Process = starlingtest.Start(t, "aria2c", append(a.args(t, j, j.torrent.dir), "--check-integrity=true", "--seed-ratio=0", j.torrent.path)...)
}

func (a *aria2) Fetch(t *testing.T, j job) {
	a.Process = starlingtest.Start(t, "aria2c", append(a.args(t, j, j.dir), fmt.Sprintf("--max-download-limit=%d", fetchRate), "--seed-ratio=0", j.torrent.path)...)
}

// Stop interrupts: only an interrupt lets aria2 say goodbye to the tracker.
func (a *aria2) Stop(t *testing.T) { a.End(t, syscall.SIGINT) }

func (a *aria2) args(t *testing.T, j job, dir string) []string {
	dht := "false"
	if j.proto == "udp" {
		dht = "true"
	}
	return []string{
		"--no-conf", "--dir=" + dir, "--interface=" + j.host.addr(j.family), fmt.Sprintf("--listen-port=%d", nextPort()),
		"--enable-dht=" + dht, fmt.Sprintf("--dht-listen-port=%d", nextPort()), "--dht-file-path=" + filepath.Join(t.TempDir(), "dht"),
		"--enable-dht6=false", "--enable-peer-exchange=false", "--bt-enable-lpd=false",
		"--file-allocation=none", "--console-log-level=info", "--summary-interval=0",
	}
}
