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

	// Of loads of browsers, whose requests are announces, Peers is how many of an announce's offers were
	// answered, P99 the time from an offer to its answer, Answers everything that arrived, and Lost what did not.
	Crossed float64 `json:"crossed,omitempty"`          // share of the offers that arrived from another target
	Memory  float64 `json:"bytes_per_socket,omitempty"` // of all processes, beyond what they had before
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
	var running []*process
	var addresses, pids []string
	for range max(e.replicas, 1) {
		one := at
		if len(running) > 0 {
			if one, err = b.site(ctx, e.load); err != nil {
				return nil, err
			}
			defer func() { _ = os.RemoveAll(one.dir) }() //nolint:gosec // our own folder
			one.backendPort = at.backendPort
		}
		p, err := b.startAt(ctx, e, one)
		if err != nil {
			return nil, err
		}
		defer p.stop()
		running = append(running, p)
		addresses, pids = append(addresses, one.address()), append(pids, strconv.Itoa(p.cmd.Process.Pid))
	}
	if backend != nil {
		pids = append(pids, strconv.Itoa(backend.cmd.Process.Pid))
	}
	generator := program{args: append([]string{b.starling}, e.load.args(addresses, pids, b.length)...)}
	text, err := b.output(ctx, generator)
	if err != nil {
		for _, p := range running {
			if words := p.lastWords(); words != "" {
				err = fmt.Errorf("%w; it wrote: %s", err, words)
			}
		}
		return nil, err
	}
	if e.load.protocol == "ws" {
		return parseBrowsersReport([]byte(text))
	}
	return parseReport([]byte(text))
}

// startAt starts one process of the entry, and returns when it answers.
func (b *bench) startAt(ctx context.Context, e entry, at site) (*process, error) {
	p, err := e.command(ctx, at)
	if err != nil {
		return nil, err
	}
	running, err := start(ctx, p, e.cores, at.dir)
	if err != nil {
		return nil, err
	}
	if err := running.ready(ctx, e.load.protocol, at.address()); err != nil {
		running.stop()
		return nil, err
	}
	return running, nil
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
