package load

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"time"
)

// WebSocketOptions are what a load of browsers is made of. All of them must be set but for those with a
// zero in their comment.
type WebSocketOptions struct {
	Targets []string     // ws:// URLs of trackers that share swarms; the sockets of a swarm take turns
	Network string       // "4" or "6"; zero: whichever a target's name leads to first
	Sources []netip.Addr // local addresses to connect from, in turns; zero: the one the system chooses

	Sockets int // each is one peer of one swarm
	Swarms  int
	Seeders float64 // share of a swarm's sockets that are seeders, 0 to 1
	// Cross has a swarm's seeders on one target and its leechers on the others, and only seeders announce
	// with offers: a tracker that gives a seeder's offers to leechers first relays all of them from one
	// target to another, and so the answers.
	Cross    bool
	Offers   int     // of an announce; zero: none
	SDPBytes int     // of an offer's description and an answer's
	Answers  float64 // share of the offers that their receivers answer, 0 to 1

	Window   int           // announces under way at once, of all sockets; with an interval only when all announce first
	Interval time.Duration // between two announces of a socket; zero: a closed loop
	Seed     uint64        // of everything that is chosen by chance
	Timeout  time.Duration // after which an announce's reply, offers and answers count as lost
	Warmup   time.Duration // of announces that do not count yet; zero: none
	Length   time.Duration // of the counted part
	PIDs     []int         // processes whose CPU time and memory are told

	Progress func(Progress) // called about once a second; zero: not at all
}

// RunWebSocket opens the sockets, announces each of them once, then loads the targets for opts.Length or
// until ctx is done, and reports the latter. A ctx that is done before that is an error.
//
// An announce is under way until its reply and an answer to each of its offers came, or the timeout. In
// the closed loop another socket announces then. A socket that the tracker closes stays closed.
func RunWebSocket(ctx context.Context, opts WebSocketOptions) (WebSocketReport, error) {
	targets, err := opts.parseTargets()
	if err != nil {
		return WebSocketReport{}, err
	}
	if err := opts.validate(); err != nil {
		return WebSocketReport{}, err
	}
	before, err := readUse(opts.PIDs)
	if err != nil {
		return WebSocketReport{}, err // before the time that the sockets take
	}
	c, err := newCrowd(opts, len(targets))
	if err != nil {
		return WebSocketReport{}, err
	}
	defer c.close()
	if err := c.open(ctx, targets); err != nil {
		return WebSocketReport{}, err
	}
	if err := c.join(ctx); err != nil {
		return WebSocketReport{}, err
	}
	if err := c.warm(ctx); err != nil {
		return WebSocketReport{}, err
	}
	return c.measure(ctx, before)
}

// measure counts for the length of the load.
func (c *crowd) measure(ctx context.Context, opened []use) (WebSocketReport, error) {
	began, err := readUse(c.opts.PIDs)
	if err != nil {
		return WebSocketReport{}, err
	}
	took, err := c.announceFor(ctx, c.opts.Length, true)
	if err != nil {
		return WebSocketReport{}, err
	}
	ended, err := readUse(c.opts.PIDs)
	if err != nil {
		return WebSocketReport{}, fmt.Errorf("after the load: %w", err)
	}
	return newWebSocketReport(c.opts, c.tally.snapshot(), took, opened, began, ended), nil
}

func (o WebSocketOptions) parseTargets() (targets []*url.URL, err error) {
	for _, text := range o.Targets {
		u, err := url.Parse(text)
		switch {
		case err != nil:
			return nil, err
		case u.Scheme != "ws":
			return nil, fmt.Errorf("%s: a load of browsers is for ws:// trackers", text)
		case u.Hostname() == "":
			return nil, fmt.Errorf("%s: there is no host in it", text)
		}
		targets = append(targets, u)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("there is no target")
	}
	return targets, nil
}
