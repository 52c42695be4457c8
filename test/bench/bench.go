//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// A bench is what all measurements share.
type bench struct {
	settings
	dir      string // temporary, and everything in it
	self     string // this program
	starling string // the binary to measure and to load with
	version  string // of it
	progress io.Writer
	// The contestant has the first processor and the generator the second, if there are two.
	server, generator []int
	processors        []int // all there are
}

func newBench(ctx context.Context, s settings, dir string, progress io.Writer) (*bench, error) {
	b := &bench{settings: s, dir: dir, starling: s.starling, progress: progress}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.processors, err = processors(); err != nil {
		return nil, err
	}
	b.server, b.generator = b.processors[:1], b.processors[:1]
	if len(b.processors) > 1 {
		b.generator = b.processors[1:2]
	}
	if b.starling == "" {
		b.say("building Starling")
		if b.starling, err = buildStarling(ctx, dir); err != nil {
			return nil, err
		}
	}
	b.version, err = b.output(ctx, program{args: []string{b.starling, "version"}})
	b.version = strings.TrimPrefix(b.version, "starling ")
	return b, err
}

func (b *bench) say(format string, args ...any) { _, _ = fmt.Fprintf(b.progress, format+"\n", args...) }

// output runs p where the generator runs, and returns what it wrote.
func (b *bench) output(ctx context.Context, p program) (string, error) {
	return output(ctx, p, b.generator, b.dir)
}

// writeHashes writes the info hashes of so many swarms, one a line.
func (b *bench) writeHashes(ctx context.Context, path string, swarms int) error {
	args := []string{b.starling, "bench", "hashes", fmt.Sprintf("--swarms=%d", swarms), fmt.Sprintf("--seed=%d", seed)}
	hashes, err := b.output(ctx, program{args: args})
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(hashes+"\n"), 0o644) //nolint:gosec // trackers that are not root read it
}

// measure gives every entry of a table its turn in every round. An entry that fails is told in the
// table's notes, and the others go on; only the end of ctx ends it all.
func (b *bench) measure(ctx context.Context, tables []table) (results, error) {
	r := b.newResults()
	for _, t := range tables {
		samples := make([][]*sample, len(t.entries))
		for round := range b.rounds {
			for _, i := range rotated(len(t.entries), round) {
				e := t.entries[i]
				b.say("%s, round %d of %d: %s", t.name, round+1, b.rounds, e.name)
				s, err := b.sample(ctx, e)
				if ctx.Err() != nil {
					return results{}, context.Cause(ctx)
				}
				if err != nil {
					t.notes = append(t.notes, fmt.Sprintf("%s in round %d: %v", e.name, round+1, err))
					b.say("  %v", err)
				} else {
					b.say("  %s", t.told(s))
				}
				samples[i] = append(samples[i], s)
			}
		}
		for i, e := range t.entries {
			if note := shares(e, samples[i]); note != "" {
				t.notes = append(t.notes, note)
			}
		}
		r.Tables = append(r.Tables, newTableResult(t, samples))
	}
	return r, nil
}
