//go:build linux

package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Names that tables compare with.
const (
	starlingName = "Starling"
	floorName    = "floor"
)

// A contestant is a program that can be an entry of some tables.
type contestant struct {
	name    string
	version string
	absent  string   // why it cannot be measured; empty: it can
	serves  []string // protocols
	// closes says that it answers one request a connection, whatever the client would like.
	closes bool
	// swarms is the most to load it with, zero for as many as all.
	swarms  int
	command func(ctx context.Context, at site) (program, error)
}

// contestants are the floor, Starling and all rivals, also those that are absent.
func (b *bench) contestants(ctx context.Context) []contestant {
	both := []string{"udp", "http"}
	return []contestant{
		{name: floorName, version: runtime.Version(), serves: both, command: floor(b.self)},
		{name: starlingName, version: b.version, serves: both, command: starling(b.starling, 1)},
		b.opentracker(ctx),
		b.aquatic(ctx, "aquatic_udp", "udp", aquaticUDP),
		b.aquatic(ctx, "aquatic_http", "http", aquaticHTTP),
		b.bittorrentTracker(ctx),
	}
}

// row makes an entry of c for a load, unless c does not take it: then why is a note, or empty when
// nobody would expect it to.
func (c contestant) row(l load, cores []int) (e entry, ok bool, why string) {
	switch {
	case !slices.Contains(c.serves, l.protocol):
		return entry{}, false, ""
	case c.absent != "":
		return entry{}, false, c.name + " is left out: " + c.absent
	case l.keepAlive && c.closes:
		return entry{}, false, c.name + " is left out: it answers one request a connection"
	}
	if c.swarms > 0 && c.swarms < l.swarms {
		l.swarms = c.swarms
		why = c.name + " is slow, so it has fewer swarms: the first announces of all would take it minutes"
	}
	return entry{name: c.name, version: c.version, load: l, cores: cores, command: c.command}, true, why
}

// whyAbsent is what scripts/bench-deps wrote when it could not install a rival.
func (b *bench) whyAbsent(name string) string {
	text, err := os.ReadFile(filepath.Join(b.cache, name+".failed")) //nolint:gosec // our own cache
	if err == nil && len(text) > 0 {
		return strings.TrimSuffix(lastWords(string(text)), ".")
	}
	return "not installed, see scripts/bench-deps"
}
