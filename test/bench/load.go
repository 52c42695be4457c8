//go:build linux

package main

import (
	"strconv"
	"strings"
	"time"
)

// seed makes the info hashes: opentracker must know them before.
const seed = 1

// numWant is how many peers are asked for: what trackers hand out to who does not say.
const numWant = 50

// A load is what starling bench is told, but for the target and the length.
type load struct {
	protocol  string // udp, http or ws
	keepAlive bool   // of HTTP: all requests of a client on one connection
	swarms    int
	peers     int      // of each swarm
	sources   []string // addresses to announce from; empty: one
	browsers  browsers // of ws
}

// wanted is how many peers an answer should have, or how many answers the offers of an announce.
func (l load) wanted() float64 {
	if l.protocol == "ws" {
		return offersAnAnnounce
	}
	return numWant
}

// args are those of the generator, after its name.
func (l load) args(addresses, pids []string, length time.Duration) []string {
	if l.protocol == "ws" {
		return l.browserArgs(addresses, pids, length)
	}
	args := []string{
		"bench", l.protocol, l.protocol + "://" + addresses[0] + "/announce", "--json",
		"--swarms=" + strconv.Itoa(l.swarms), "--peers=" + strconv.Itoa(l.peers), "--seed=" + strconv.Itoa(seed),
		"--numwant=" + strconv.Itoa(numWant), "--seeders=0.5",
		"--duration=" + length.String(), "--timeout=1s", "--pid=" + strings.Join(pids, ","),
	}
	for _, s := range l.sources {
		args = append(args, "--source="+s)
	}
	switch {
	case l.protocol == "udp":
		// 256 requests at once fit the buffer of a socket that asked for none. With more of them out
		// it would be measured who asked for a larger one.
		return append(args, "--sockets=16", "--window=16")
	case l.keepAlive:
		return append(args, "--connections=64", "--keep-alive")
	default:
		return append(args, "--connections=64", "--no-keep-alive")
	}
}
