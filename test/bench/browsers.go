//go:build linux

package main

import (
	"context"
	"os/exec"
	"runtime"
	"time"
)

// memoryInterval is how often each of many sockets announces: seldom enough for the slowest contestant.
const memoryInterval = 20 * time.Second

// browsersTable compares what an announce with five offers costs, all of which are relayed and answered. With
// an interval sockets announce once in it, in place of the closed loop, and memory is what counts.
func (b *bench) browsersTable(ctx context.Context, sockets int, interval time.Duration) table {
	rival := b.bittorrentTracker(ctx)
	t := table{name: "WebSocket", base: rival.name, floor: floorName, browsers: true}
	l := load{
		protocol: "ws", swarms: sockets / swarmOfBrowsers, peers: swarmOfBrowsers, browsers: browsers{interval: interval},
	}
	if interval > 0 {
		t.name = "WebSocket, memory of many sockets"
	}
	t.entries = []entry{
		{name: floorName, version: runtime.Version(), load: l, cores: b.server, command: floor(b.self)},
		{name: "floor, gathered writes", version: runtime.Version(), load: l, cores: b.server, command: floor(b.self, "-gathered")},
		{name: starlingName, version: b.version, load: l, cores: b.server, command: starling(b.starling, 1)},
	}
	if rival.absent == "" {
		t.entries = append(t.entries, entry{
			name: rival.name, version: rival.version, load: l, cores: b.server, command: rival.command,
		})
	} else {
		t.notes = append(t.notes, rival.name+" is left out: "+rival.absent)
	}
	if interval > 0 {
		return t
	}
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.notes = append(t.notes, "two replicas are left out: there is no redis-server")
		return t
	}
	over := starling(b.starling, 1, func(at site) string { return "--redis.url=redis://" + at.backendAddress() })
	crossed := l
	crossed.browsers.cross = true
	for _, e := range []entry{
		{name: "Starling, one replica over Redis", load: l, replicas: 1},
		{name: "Starling, two replicas, every relay crosses", load: crossed, replicas: 2},
	} {
		e.version, e.cores, e.command, e.backend = b.version, b.server, over, redisServer(redis)
		t.entries = append(t.entries, e)
	}
	return t
}
