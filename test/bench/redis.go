//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// redisTable tells what it costs to have swarms in Redis, whose CPU time counts, too: it runs on the same
// processor as Starling.
func (b *bench) redisTable() table {
	t := table{name: "UDP, swarms in memory and in Redis", base: "in memory"}
	l := load{protocol: "udp", swarms: b.udpSwarms, peers: b.peers}
	t.entries = []entry{{name: "in memory", version: b.version, load: l, cores: b.server, command: starling(b.starling, 1)}}
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.notes = append(t.notes, "in Redis is left out: there is no redis-server")
		return t
	}
	t.entries = append(t.entries, entry{
		name: "in Redis", version: b.version, load: l, cores: b.server,
		command: starling(b.starling, 1, func(at site) string {
			return "--redis.url=redis://" + at.backendAddress()
		}),
		backend: redisServer(server),
	})
	return t
}

// redisServer is a Redis that keeps nothing on disk.
func redisServer(binary string) func(at site) program {
	return func(at site) program {
		return program{args: []string{
			binary, "--bind", loopback, "--port", strconv.Itoa(at.backendPort), "--save", "", "--appendonly", "no",
		}}
	}
}

// startBackend starts what the entry needs, if anything, and returns what stops it.
func (e entry) startBackend(ctx context.Context, at site) (p *process, stop func(), err error) {
	if e.backend == nil {
		return nil, func() {}, nil
	}
	if p, err = start(ctx, e.backend(at), e.cores, at.dir); err != nil {
		return nil, nil, err
	}
	if err := p.ready(ctx, "tcp", at.backendAddress()); err != nil {
		p.stop()
		return nil, nil, err
	}
	return p, p.stop, nil
}

// shares tells what each of several programs took of an entry's CPU time, as medians of its rounds.
func shares(e entry, samples []*sample) string {
	byName := map[string][]float64{}
	var names []string
	for _, s := range samples {
		if s == nil {
			continue
		}
		spent := map[string]float64{} // processes of one name count together
		for _, p := range s.Processes {
			if !slices.Contains(names, p.Name) {
				names = append(names, p.Name)
			}
			spent[p.Name] += p.CPU
		}
		for name, cpu := range spent {
			byName[name] = append(byName[name], cpu)
		}
	}
	if len(names) < 2 {
		return ""
	}
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%s %.2f us", name, median(byName[name])))
	}
	return e.name + ": " + strings.Join(parts, ", ")
}
