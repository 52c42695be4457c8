//go:build linux

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

//go:embed rival.mjs
var nodeScript []byte

// bittorrentTracker is the reference tracker of WebTorrent, in JavaScript.
func (b *bench) bittorrentTracker(ctx context.Context) contestant {
	c := contestant{name: "bittorrent-tracker", serves: []string{"udp", "http", "ws"}, swarms: 200}
	module := filepath.Join(b.cache, "npm", "node_modules", c.name)
	manifest, err := os.ReadFile(filepath.Join(module, "package.json")) //nolint:gosec // our own cache
	if err != nil {
		c.absent = b.whyAbsent(c.name)
		return c
	}
	node, err := exec.LookPath("node")
	if err != nil {
		c.absent = "there is no node to run it"
		return c
	}
	var about struct{ Version string }
	_ = json.Unmarshal(manifest, &about)
	nodeVersion, _ := b.output(ctx, program{args: []string{node, "--version"}})
	c.version = fmt.Sprintf("%s, node %s", about.Version, nodeVersion)
	c.command = func(_ context.Context, at site) (program, error) {
		const script = "rival.mjs"
		err := os.WriteFile(at.path(script), nodeScript, 0o600) //nolint:gosec // our own folder
		return program{args: []string{
			node, script, filepath.Join(module, "server.js"), at.load.protocol, loopback, strconv.Itoa(at.port),
		}}, err
	}
	return c
}
