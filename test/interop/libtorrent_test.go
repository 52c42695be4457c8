package interop_test

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// python is the one that Debian's python3-libtorrent is built for.
const python = "/usr/bin/python3"

// libtorrent 2.0, the library of qBittorrent and Deluge, driven by a script.
type libtorrent struct{ *starlingtest.Process }

func (l *libtorrent) Seed(t *testing.T, j job) { l.run(t, j, j.torrent.dir, 0) }

func (l *libtorrent) Fetch(t *testing.T, j job) { l.run(t, j, j.dir, fetchRate) }

func (l *libtorrent) Stop(t *testing.T) { l.End(t, syscall.SIGTERM) }

func (l *libtorrent) run(t *testing.T, j job, dir string, rate int) {
	script, err := filepath.Abs("testdata/libtorrent_peer.py")
	if err != nil {
		t.Fatal(err)
	}
	l.Process = starlingtest.Start(t, python, script, j.torrent.path, dir, addrPort(j.host.addr(j.family), 0), strconv.Itoa(rate))
}
