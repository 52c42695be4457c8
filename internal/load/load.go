// Package load puts a tracker under load and measures what it does: how many requests it answers,
// how long each takes, how many peers each answer has, and what the tracker's processes spend on it.
//
// The load is a closed loop: a client has a fixed number of requests out, and sends another one for
// each that was answered or given up. So a tracker is never asked for more than it can do, and what
// it does is limited by it, or by the generator, and never by a rate. It works on a population of
// swarms that does not change while it counts: all of its peers announce once before, so that no
// swarm grows and no answer gets longer on the way.
//
// Browsers, which WebSocket is for, are another load: RunWebSocket has each of many sockets make offers
// that others of them answer, and an announce is done when all of its offers' answers came back. There,
// too, all have announced before anything counts.
package load

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Options are what a load is made of. All of them must be set but for those with a zero in their
// comment.
type Options struct {
	Targets   []string     // announce URLs, all udp:// or all http://, of trackers that share swarms; clients take turns
	Network   string       // "4" or "6"; zero: whichever a target's name leads to first
	Sources   []netip.Addr // local addresses to announce from; zero: the one the system chooses
	Clients   int          // sockets of UDP, connections of HTTP
	Window    int          // requests that a UDP client has out at once; HTTP clients have one
	KeepAlive bool         // HTTP: one connection for all requests, or one for each

	Swarms  int
	Peers   int     // of each swarm
	Seeders float64 // share of the peers that are seeders, 0 to 1
	Zipf    float64 // exponent of the swarms' popularity; zero: all are as popular
	NumWant int
	Scrapes float64       // share of the requests that are scrapes, of one swarm each
	Seed    uint64        // of everything that is chosen by chance
	Timeout time.Duration // after which a request counts as lost
	Length  time.Duration // of the counted part
	PIDs    []int         // processes whose CPU time is told

	Progress func(Progress) // called about once a second; zero: not at all
}

// A Progress tells how far a load has come.
type Progress struct {
	Warming  bool          // the peers announce for the first time, and nothing counts yet
	Done     int           // answers so far, of this part
	Of       int           // while warming: how many there will be
	Left     time.Duration // while counting: until the end
	Problems int           // losses and errors, of this part
}

// Run announces the population, then loads the targets for opts.Length or until ctx is done, and
// reports the latter. A ctx that is done while the population is announced is an error.
func Run(ctx context.Context, opts Options) (Report, error) {
	targets, err := parseTargets(opts.Targets)
	if err != nil {
		return Report{}, err
	}
	if err := opts.validate(); err != nil {
		return Report{}, err
	}
	if _, err := readCPU(opts.PIDs); err != nil {
		return Report{}, err // before the time that the peers' announces take
	}
	pop, err := newPopulation(opts)
	if err != nil {
		return Report{}, err
	}
	clients, err := dial(ctx, opts, targets, pop)
	if err != nil {
		return Report{}, err
	}
	defer clients.close()
	if err := clients.warm(ctx); err != nil {
		return Report{}, err
	}
	before, err := readCPU(opts.PIDs)
	if err != nil {
		return Report{}, err
	}
	began := time.Now()
	err = clients.count(ctx, began.Add(opts.Length))
	took := time.Since(began)
	if err != nil {
		return Report{}, err
	}
	after, err := readCPU(opts.PIDs)
	if err != nil {
		return Report{}, fmt.Errorf("after the load: %w", err)
	}
	return newReport(opts, targets, clients.tally(), took, before, after), nil
}
