//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// A sample is what one entry did in one round.
type sample struct {
	CPU       float64 `json:"cpu_us_per_answer"`
	Peers     float64 `json:"peers_per_announce"`
	Bytes     float64 `json:"bytes_per_answer"`
	Rate      float64 `json:"answers_per_second"`
	P99       float64 `json:"p99_us"`
	Answers   float64 `json:"answers"`
	Lost      float64 `json:"lost"`   // requests without an answer
	Errors    float64 `json:"errors"` // answers that are errors
	Generator float64 `json:"generator_us_per_answer"`
	Processes []share `json:"processes"`
}

// A share is what one process took of the CPU time.
type share struct {
	Name string  `json:"name"`
	CPU  float64 `json:"us_per_answer"`
}

// busy is the share of one processor that the contestant used, 1 for all of it. Below that it waited
// for the generator, and woke up for few requests at a time.
func (s *sample) busy() float64 { return s.CPU * s.Rate / 1e6 }

// parseReport reads what starling bench --json prints. A report without answers has measured nothing.
func parseReport(text []byte) (*sample, error) {
	var report struct {
		Answers   float64            `json:"answers"`
		Rate      float64            `json:"answers_per_second"`
		Lost      float64            `json:"lost"`
		Errors    map[string]float64 `json:"errors"`
		Peers     float64            `json:"peers_per_announce"`
		Bytes     float64            `json:"bytes_per_answer"`
		CPU       float64            `json:"cpu_us_per_answer"`
		Generator float64            `json:"generator_us_per_answer"`
		Processes []share            `json:"cpu"`
		Latency   struct {
			P99 float64 `json:"p99"`
		} `json:"latency_us"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("the generator's report: %w", err)
	}
	if report.Answers == 0 {
		return nil, fmt.Errorf("no answers, %.0f requests lost, errors %v", report.Lost, report.Errors)
	}
	s := &sample{
		CPU: report.CPU, Peers: report.Peers, Bytes: report.Bytes, Rate: report.Rate, P99: report.Latency.P99,
		Answers: report.Answers, Lost: report.Lost, Generator: report.Generator, Processes: report.Processes,
	}
	for _, n := range report.Errors {
		s.Errors += n
	}
	return s, nil
}

// sample starts the entry, loads it, stops it and returns what was measured.
func (b *bench) sample(ctx context.Context, e entry) (*sample, error) {
	ctx, cancel := context.WithTimeout(ctx, b.limit)
	defer cancel()
	at, err := b.site(ctx, e.load)
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(at.dir) }() //nolint:gosec // our own folder
	backend, stop, err := e.startBackend(ctx, at)
	if err != nil {
		return nil, err
	}
	defer stop()
	p, err := e.command(ctx, at)
	if err != nil {
		return nil, err
	}
	running, err := start(ctx, p, e.cores, at.dir)
	if err != nil {
		return nil, err
	}
	defer running.stop()
	if err := running.ready(ctx, e.load.protocol, at.address()); err != nil {
		return nil, err
	}
	pids := []string{strconv.Itoa(running.cmd.Process.Pid)}
	if backend != nil {
		pids = append(pids, strconv.Itoa(backend.cmd.Process.Pid))
	}
	generator := program{args: append([]string{b.starling}, e.load.args(at.address(), pids, b.length)...)}
	text, err := b.output(ctx, generator)
	if err != nil {
		if words := running.lastWords(); words != "" {
			err = fmt.Errorf("%w; it wrote: %s", err, words)
		}
		return nil, err
	}
	return parseReport([]byte(text))
}

// site makes a folder and finds a port for a contestant.
func (b *bench) site(ctx context.Context, l load) (site, error) {
	dir, err := os.MkdirTemp(b.dir, "site-")
	if err != nil {
		return site{}, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // contestants that are not root read it
		return site{}, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return site{}, err
	}
	backendPort, err := freePort(ctx)
	writeHashes := func(ctx context.Context, path string) error { return b.writeHashes(ctx, path, l.swarms) }
	return site{dir: dir, port: port, backendPort: backendPort, load: l, writeHashes: writeHashes}, err
}
