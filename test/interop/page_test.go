package interop_test

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

const chromium = "chromium"

// TestBrowsersTransferAFile opens the example page in two browsers: one seeds a file, the other downloads it.
func TestBrowsersTransferAFile(t *testing.T) {
	t.Parallel()
	needWebRTC(t)
	for _, m := range []meeting{oneReplica, overRedis, overCluster} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			takeTurn(t)
			at := m.open(t)
			site, content := servePage(t), randomFile(t)
			seeder := openPage(t, site, at[0], "", "seed", content)
			hash := seededHash(t, seeder)
			sees := func(when string, want counts) {
				t.Helper()
				seenAt(t, when, hash, want, at[:]...)
			}
			sees("seeding", counts{seeders: 1})

			saved := filepath.Join(t.TempDir(), contentName)
			leecher := openPage(t, site, at[1], magnet(hash), "save", saved)
			awaitLine(t, leecher, "saved")
			if got, want := sumOf(t, saved), sumOf(t, content); got != want {
				t.Errorf("got a file with SHA-256 %x, want %x", got, want)
			}
			sees("fetched", counts{seeders: 2, completed: 1})
			leecher.End(t, syscall.SIGTERM)
			sees("leecher gone", counts{seeders: 1, completed: 1})
			seeder.End(t, syscall.SIGTERM)
			sees("seeder gone", counts{completed: 1})
		})
	}
}

// TestBrowsersTransferNothingThroughUnconnectedReplicas is the control. It takes no turn: mostly it waits.
func TestBrowsersTransferNothingThroughUnconnectedReplicas(t *testing.T) {
	t.Parallel()
	needWebRTC(t)
	at, site := unconnected(t), servePage(t)
	hash := seededHash(t, openPage(t, site, at[0], "", "seed", randomFile(t)))
	seenAt(t, "seeder", hash, counts{seeders: 1}, at[0])
	leecher := openPage(t, site, at[1], magnet(hash), "save", filepath.Join(t.TempDir(), contentName))
	seenAt(t, "leecher", hash, counts{leechers: 1}, at[1])
	always(t, "anything saved", false, func() bool {
		_, saved := printed(leecher, "saved")
		return saved
	})
}

// turns are few: each is two browsers, which take more of the machine than all other clients.
var turns = make(chan struct{}, 2)

// takeTurn waits for a turn, which ends with the test.
func takeTurn(t *testing.T) {
	turns <- struct{}{}
	t.Cleanup(func() { <-turns })
}

// servePage serves the example page as its README says: with WebTorrent's bundle below it.
func servePage(t *testing.T) (site string) {
	t.Helper()
	modules, err := nodeModules()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("../../docs/examples/webtorrent")))
	mux.Handle("/node_modules/", http.StripPrefix("/node_modules/", http.FileServer(http.Dir(modules))))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// openPage opens the page in a browser that nobody has used before, for one tracker and no STUN server, and
// has its visitor seed a file or save one.
func openPage(t *testing.T, site string, at tracker, link, act, path string) *starlingtest.Process {
	t.Helper()
	query := url.Values{"tracker": {at.ws}, "stun": {""}}
	if link != "" {
		query.Set("magnet", link)
	}
	browser, err := exec.LookPath(chromium)
	if err != nil {
		t.Fatal(err)
	}
	page := startNode(t, "page.mjs", browser, t.TempDir(), site+"/?"+query.Encode(), act, path)
	t.Cleanup(func() { page.End(t, syscall.SIGTERM) }) // a browser that is killed goes on writing to its profile
	return page
}

// seededHash waits until the page seeds, and returns the info hash in the link that it shows.
func seededHash(t *testing.T, page *starlingtest.Process) (hash bittorrent.InfoHash) {
	t.Helper()
	link, err := url.Parse(awaitLine(t, page, "seeding"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := url.Parse(link.Query().Get("magnet"))
	if err != nil {
		t.Fatal(err)
	}
	const scheme = "urn:btih:"
	topic := m.Query().Get("xt")
	if len(topic) <= len(scheme) {
		t.Fatalf("got the link %s, want a magnet link in it", link)
	}
	hash, err = bittorrent.ParseInfoHash(topic[len(scheme):])
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// magnet names no tracker, so that the page asks its own alone.
func magnet(hash bittorrent.InfoHash) string { return "magnet:?xt=urn:btih:" + hash.String() }

func randomFile(t *testing.T) (path string) {
	t.Helper()
	content := make([]byte, contentBytes)
	rand.Read(content)
	path = filepath.Join(t.TempDir(), contentName)
	write(t, path, content)
	return path
}

func sumOf(t *testing.T, path string) [sha256.Size]byte {
	t.Helper()
	return sha256.Sum256(contentOf(t, path))
}
