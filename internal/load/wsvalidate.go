package load

import (
	"fmt"
	"time"
)

// validate returns an error that names the first option out of its range. A NaN is out of every range.
func (o WebSocketOptions) validate() error {
	for _, n := range []struct {
		name          string
		got, min, max int
	}{
		{"sockets", o.Sockets, 1, 1 << 20},
		{"swarms", o.Swarms, 1, max(o.Sockets, 1)},
		{"offers", o.Offers, 0, 1000},
		{"sdp-bytes", o.SDPBytes, 1, maxMessage / 8},
		{"window", o.Window, 1, 1 << 20},
	} {
		if n.got < n.min || n.got > n.max {
			return fmt.Errorf("%s: %d is not in %d to %d", n.name, n.got, n.min, n.max)
		}
	}
	for _, x := range []struct {
		name string
		got  float64
	}{
		{"seeders", o.Seeders},
		{"answers", o.Answers},
	} {
		if !(x.got >= 0 && x.got <= 1) {
			return fmt.Errorf("%s: %v is not in 0 to 1", x.name, x.got)
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
	switch {
	case o.Warmup < 0:
		return fmt.Errorf("warmup: %v is below zero", o.Warmup)
	case o.Interval < 0:
		return fmt.Errorf("interval: %v is below zero", o.Interval)
	case o.Interval > 0 && o.Interval <= o.Timeout:
		return fmt.Errorf("interval: %v is not above the timeout of %v", o.Interval, o.Timeout)
	case o.Sockets < len(o.Targets):
		return fmt.Errorf("sockets: %d is too few for %d targets", o.Sockets, len(o.Targets))
	case o.Cross && len(o.Targets) < 2:
		return fmt.Errorf("cross: it takes two targets to relay between")
	}
	return nil
}
