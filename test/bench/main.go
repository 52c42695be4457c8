//go:build linux

// Command bench compares Starling with other trackers and with floors: programs that answer
// requests of the same kind with answers of the same size, and track nothing.
//
// It knows nothing of how anybody tracks. It starts each contestant as its operator would, gives it
// one processor, has starling bench load it from another, and tells what CPU time an answer cost.
// That is the figure to compare: answers a second depend on the generator as much.
//
// A contestant runs only while it is measured. All of them take their turn once a round, in an order
// that rotates, so that what else the machine does strikes all of them. A contestant that is not
// installed is left out, with the reason; scripts/bench-deps installs them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// run prints the tables to out, and what happens meanwhile to progress. Given the arguments "floor",
// a protocol and an address, it is a contestant itself.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) == 3 && args[0] == "floor" {
		return serveFloor(ctx, args[1], args[2])
	}
	s, err := parseSettings(args, os.Getenv, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "starling-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // contestants that give up being root read their settings in it
		return err
	}
	b, err := newBench(ctx, s, dir, progress)
	if err != nil {
		return err
	}
	r, err := b.measure(ctx, b.tables(ctx))
	if err != nil {
		return err
	}
	if s.json {
		return r.writeJSON(out)
	}
	return r.writeMarkdown(out)
}
