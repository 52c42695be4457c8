//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
)

// tables are what the settings ask to measure.
func (b *bench) tables(ctx context.Context) []table {
	var all []table
	switch b.experiment {
	case "cores":
		all = []table{b.cores()}
	case "shapes":
		all = []table{b.shapes()}
	case "redis":
		all = []table{b.redisTable()}
	case "ws":
		all = []table{b.browsersTable(ctx, b.sockets, 0)}
	case "ws-memory":
		all = []table{b.browsersTable(ctx, 8*b.sockets, memoryInterval)}
	default:
		all = b.comparison(ctx)
	}
	for i := range all {
		t := &all[i]
		t.entries = slices.DeleteFunc(t.entries, func(e entry) bool { return !b.wants(t.name, e.name) })
	}
	return slices.DeleteFunc(all, func(t table) bool { return len(t.entries) == 0 })
}

func (b *bench) comparison(ctx context.Context) []table {
	all := []table{
		{name: "UDP"},
		{name: "HTTP, keep-alive"},
		{name: "HTTP, a connection a request"},
	}
	loads := []load{
		{protocol: "udp", swarms: b.udpSwarms, peers: b.peers},
		{protocol: "http", keepAlive: true, swarms: b.httpSwarms, peers: b.peers},
		{protocol: "http", swarms: b.httpSwarms, peers: b.peers},
	}
	contestants := b.contestants(ctx)
	for i := range all {
		t := &all[i]
		t.base, t.floor = starlingName, floorName
		for _, c := range contestants {
			e, ok, why := c.row(loads[i], b.server)
			if ok {
				t.entries = append(t.entries, e)
			}
			if why != "" {
				t.notes = append(t.notes, why)
			}
		}
	}
	return all
}

// cores tells what a second processor costs: sockets, shards and the scheduler are shared then. On a
// machine of two the generator has to share one with Starling.
func (b *bench) cores() table {
	l := load{protocol: "udp", swarms: b.udpSwarms, peers: b.peers}
	two := b.processors[:min(2, len(b.processors))]
	t := table{name: "UDP, processors", base: "Starling on 1"}
	for i, on := range [][]int{b.server, two} {
		t.entries = append(t.entries, entry{
			name: fmt.Sprintf("Starling on %d", i+1), version: b.version,
			load: l, cores: on, command: starling(b.starling, i+1),
		})
	}
	if len(b.processors) > 2 {
		b.generator = b.processors[2:3]
	} else {
		t.notes = append(t.notes, "the generator shares Starling's second processor")
	}
	return t
}

// shapes tells what the swarms' number and size cost.
func (b *bench) shapes() table {
	const most = 65_000 // peers of one swarm that one address can be
	t := table{name: "UDP, shapes of the load", base: "standard"}
	total := b.udpSwarms * b.peers
	large := load{protocol: "udp", swarms: 1, peers: min(total/10, most)}
	if total/10 > most {
		large.peers = total / 20
		large.sources = []string{loopback, "127.0.0.2"}
	}
	for _, shape := range []struct {
		name string
		load load
	}{
		{"standard", load{protocol: "udp", swarms: b.udpSwarms, peers: b.peers}},
		{"one swarm", large},
		{"swarms of one", load{protocol: "udp", swarms: total, peers: 1}},
	} {
		t.entries = append(t.entries, entry{
			name: shape.name, version: b.version, load: shape.load, cores: b.server, command: starling(b.starling, 1),
		})
	}
	return t
}
