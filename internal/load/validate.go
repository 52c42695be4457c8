package load

import (
	"fmt"
	"net/url"
	"time"
)

// validate returns an error that names the first option out of its range. A NaN is out of every range.
func (o Options) validate() error {
	const large = 1 << 24 // so that Swarms*Peers, which is counted in an int, cannot overflow
	for _, n := range []struct {
		name          string
		got, min, max int
	}{
		{"clients", o.Clients, 1, 1 << 16},
		{"window", o.Window, 1, 1<<slotBits - 1},
		{"swarms", o.Swarms, 1, large},
		{"peers", o.Peers, 1, large},
		{"numwant", o.NumWant, -1, 1<<31 - 1},
	} {
		if n.got < n.min || n.got > n.max {
			return fmt.Errorf("%s: %d is not in %d to %d", n.name, n.got, n.min, n.max)
		}
	}
	// Every source has a client and peers of its own, and every target a client.
	switch least := max(len(o.Sources), len(o.Targets)); {
	case o.Clients < least:
		return fmt.Errorf("clients: %d is too few for %d sources and %d targets", o.Clients, len(o.Sources), len(o.Targets))
	case o.Peers < len(o.Sources):
		return fmt.Errorf("peers: %d is too few for %d sources", o.Peers, len(o.Sources))
	}
	for _, x := range []struct {
		name     string
		got, max float64
	}{
		{"seeders", o.Seeders, 1},
		{"scrapes", o.Scrapes, 1},
		{"zipf", o.Zipf, 10},
	} {
		if !(x.got >= 0 && x.got <= x.max) {
			return fmt.Errorf("%s: %v is not in 0 to %v", x.name, x.got, x.max)
		}
	}
	for _, d := range []struct {
		name string
		got  time.Duration
	}{{"timeout", o.Timeout}, {"duration", o.Length}} {
		if d.got <= 0 {
			return fmt.Errorf("%s: %v is not above zero", d.name, d.got)
		}
	}
	return nil
}

// parseTargets returns the targets' URLs, which must be of one protocol.
func parseTargets(texts []string) (targets []*url.URL, err error) {
	for _, text := range texts {
		u, err := url.Parse(text)
		switch {
		case err != nil:
			return nil, err
		case u.Scheme != "udp" && u.Scheme != "http":
			return nil, fmt.Errorf("%s: a load is for udp:// or http:// trackers", text)
		case u.Hostname() == "":
			return nil, fmt.Errorf("%s: there is no host in it", text)
		case u.Scheme == "udp" && u.Port() == "":
			return nil, fmt.Errorf("%s: there is no port in it", text)
		case len(targets) > 0 && u.Scheme != targets[0].Scheme:
			return nil, fmt.Errorf("%s: all targets must be %s", text, targets[0].Scheme)
		}
		targets = append(targets, u)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("there is no target")
	}
	return targets, nil
}
