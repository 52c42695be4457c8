package interop_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// nodeModules returns the folder into which scripts/test-deps installs the clients of WebTorrent.
func nodeModules() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "starling-interop", "npm", "node_modules")
	if _, err := os.Stat(dir); err != nil {
		return "", err
	}
	return dir, nil
}

// needWebRTC skips t, or fails it, as needClients does, unless there is what clients of WebTorrent need.
func needWebRTC(t *testing.T) {
	t.Helper()
	needClients(t)
	_, node := exec.LookPath("node")
	_, browser := exec.LookPath(chromium)
	_, modules := nodeModules()
	if err := errors.Join(node, browser, modules); err != nil {
		skip(t, err.Error())
	}
}

// startNode runs a script of testdata in Node.js, which finds its modules beside it.
func startNode(t *testing.T, script string, args ...string) *starlingtest.Process {
	t.Helper()
	modules, err := nodeModules()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, script)
	write(t, path, contentOf(t, filepath.Join("testdata", script)))
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return starlingtest.Start(t, "node", append([]string{path}, args...)...)
}

// printed returns what follows the word on a line that the script has printed, and whether there is one.
func printed(p *starlingtest.Process, word string) (rest string, ok bool) {
	m := regexp.MustCompile(`(?m)^` + word + `\b ?(.*)$`).FindStringSubmatch(p.Output())
	if m == nil {
		return "", false
	}
	return m[1], true
}

// awaitLine waits for a line that begins with the word, and returns the rest of it.
func awaitLine(t *testing.T, p *starlingtest.Process, word string) (rest string) {
	t.Helper()
	eventually(t, "line that begins with "+word, true, func() (ok bool) {
		rest, ok = printed(p, word)
		return ok
	})
	return rest
}
