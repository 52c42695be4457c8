//go:build linux

package main

import (
	"strconv"
	"strings"
	"time"
)

// swarmOfBrowsers is how many sockets a swarm has.
const swarmOfBrowsers = 50

// offersAnAnnounce is how many offers a browser makes each time: five is what the clients of WebTorrent make
// when they know some peers. All of them are answered.
const offersAnAnnounce = 5

// browsers are what a load over WebSocket has beside the others.
type browsers struct {
	cross    bool          // every offer and answer goes from one target to another
	interval time.Duration // of each socket's announces; zero: a closed loop
}

func (l load) browserArgs(addresses, pids []string, length time.Duration) []string {
	args := []string{"bench", "ws"}
	for _, a := range addresses {
		args = append(args, "ws://"+a+"/announce")
	}
	args = append(
		args, "--json", "--sockets="+strconv.Itoa(l.swarms*l.peers), "--swarms="+strconv.Itoa(l.swarms),
		"--offers="+strconv.Itoa(offersAnAnnounce), "--sdp-bytes=750", "--seed="+strconv.Itoa(seed),
		"--duration="+length.String(), "--timeout=5s", "--window=64", "--pid="+strings.Join(pids, ","),
	)
	if l.browsers.cross {
		args = append(args, "--cross")
	}
	if l.browsers.interval > 0 {
		return append(args, "--interval="+l.browsers.interval.String(), "--warmup="+l.browsers.interval.String())
	}
	return append(args, "--warmup="+min(2*time.Second, length).String())
}
