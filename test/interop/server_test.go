package interop_test

import (
	"os"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// startServer runs the binary with everything at its defaults but the addresses.
func startServer(t *testing.T) *starlingtest.Server {
	t.Helper()
	s := launchServer(t)
	s.AwaitReady(t)
	return s
}

func launchServer(t *testing.T, flags ...string) *starlingtest.Server {
	t.Helper()
	both := addrPort(trackerHost.ipv4, 0) + "," + addrPort(trackerHost.ipv6, 0)
	return starlingtest.Launch(t, os.Getenv(namespaceVar), both, flags...)
}
