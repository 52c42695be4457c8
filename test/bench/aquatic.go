//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// aquatic is one of the Rust trackers of that family, each of which serves one protocol.
func (b *bench) aquatic(ctx context.Context, name, protocol string, config func(site) string) contestant {
	c := contestant{name: name, serves: []string{protocol}}
	binary, err := exec.LookPath(filepath.Join(b.cache, "cargo", "bin", name))
	if err != nil {
		c.absent = b.whyAbsent(name)
		return c
	}
	c.version, _ = b.output(ctx, program{args: []string{binary, "--version"}})
	c.command = func(_ context.Context, at site) (program, error) {
		path := at.path("aquatic.toml")
		err := os.WriteFile(path, []byte(config(at)), 0o600) //nolint:gosec // our own folder
		return program{args: []string{binary, "-c", path}}, err
	}
	return c
}

// aquaticUDP is what of aquatic_udp's settings is not its default. It sends 30 peers unless told.
func aquaticUDP(at site) string {
	return fmt.Sprintf(`socket_workers = 1
[network]
address = "%s"
[protocol]
max_response_peers = %d
`, at.address(), numWant)
}

// aquaticHTTP is what of aquatic_http's settings is not its default. It does not heed what clients
// say of their connections, so it must be told.
func aquaticHTTP(at site) string {
	return fmt.Sprintf(`socket_workers = 1
swarm_workers = 1
[network]
address = "%s"
enable_tls = false
keep_alive = %t
[protocol]
max_peers = %d
`, at.address(), at.load.keepAlive, numWant)
}
