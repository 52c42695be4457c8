// Package interop_test lets real clients transfer a file through the real binary: one seeds, the
// other fetches, and all they know of each other is what Starling tells them. DHT, peer exchange
// and local discovery are off, the torrents are private, and everything, the tests' own requests
// included, runs in a network namespace that holds one loopback device and dies with the test: some
// clients refuse peers on 127.0.0.0/8 and ::1, so the hosts have other addresses there.
//
// Browsers do the same with the example page and WebRTC, and Starling stands behind the proxies as
// deploy/proxy configures them.
//
// Without the clients, or without the right to make a namespace, the tests are skipped; with CI=true
// or STARLING_REQUIRE_CLIENTS=1 they fail.
package interop_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	_ "github.com/starling-tracker/starling/internal/app" // or go test would not see that Starling has changed
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// namespaceVar is set inside the namespace. It holds the path of the binary, which is alone in a
// directory that is removed in the end.
const namespaceVar = "STARLING_INTEROP_NAMESPACE"

// missing says why the tests cannot run here; it is empty when they can.
var missing string

func TestMain(m *testing.M) {
	binary := os.Getenv(namespaceVar)
	if binary == "" {
		missing = enter().Error() // returns only to say why it could not
		m.Run()
		return
	}
	defer func() {
		os.Remove(binary)
		os.Remove(filepath.Dir(binary))
	}()
	if err := addHosts(); err != nil {
		panic(err)
	}
	// All encounters at once: they wait for their clients far more than they compute.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	m.Run()
}

// needClients skips t, or fails it, when the tests cannot run here.
func needClients(t *testing.T) {
	t.Helper()
	if missing != "" {
		skip(t, missing)
	}
}

// skip skips t, or fails it where a skip would be mistaken for success.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" || os.Getenv("STARLING_REQUIRE_CLIENTS") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// enter builds Starling and replaces this process by itself in a new network namespace. The build
// comes first: inside, there is no module proxy.
func enter() error {
	tools := []string{"unshare", "ip", "aria2c", "transmission-daemon", python}
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			return err
		}
	}
	if out, err := exec.Command(python, "-c", "import libtorrent").CombinedOutput(); err != nil {
		return fmt.Errorf("%s, import libtorrent: %w: %s", python, err, out)
	}
	unshare := []string{"unshare", "--net"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
		return fmt.Errorf("a network namespace: %w: %s", err, out)
	}

	self, err := os.Executable()
	if err != nil {
		return err
	}
	path, err := exec.LookPath("unshare")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "starling-interop-")
	if err != nil {
		return err
	}
	binary, err := starlingtest.Build(dir)
	if err != nil {
		panic(err)
	}
	args := slices.Concat(unshare, []string{"--", self}, os.Args[1:])
	return syscall.Exec(path, args, append(os.Environ(), namespaceVar+"="+binary))
}
