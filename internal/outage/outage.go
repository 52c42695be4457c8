// Package outage is for what goes wrong for a while: when the log is told of it, and when to try again.
// What went wrong it does not know.
package outage

import (
	"math/rand/v2"
	"strings"
	"time"
)

// How often the log is told of what goes on: tellEvery of the same, changeEvery of what is another thing by
// now. Reasons may take turns with each attempt.
const (
	tellEvery   = time.Minute
	changeEvery = 5 * time.Second
)

// An Outage is something that goes wrong for a while. Its zero value is none.
type Outage struct {
	since  time.Time // zero while there is none
	told   time.Time
	reason string // that was told, without numbers
}

// Lasts records that it does for a reason, and reports whether the log should be told: when it begins, when
// its reason is another one, and once a minute.
func (o *Outage) Lasts(now time.Time, reason string) (tell bool) {
	reason = withoutNumbers(reason)
	switch silent := now.Sub(o.told); {
	case o.since.IsZero():
		o.since = now
	case silent < changeEvery, silent < tellEvery && reason == o.reason:
		return false
	}
	o.told, o.reason = now, reason
	return true
}

// withoutNumbers returns a reason without what differs from one attempt to the next, such as the local port.
func withoutNumbers(reason string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, reason)
}

// Ends records that it does, and reports how long it lasted, if there was one.
func (o *Outage) Ends(now time.Time) (lasted time.Duration, was bool) {
	if o.since.IsZero() {
		return 0, false
	}
	lasted = now.Sub(o.since)
	*o = Outage{}
	return lasted, true
}

const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// Pause returns how long to wait after so many failures: a random time, so that not all who wait for the
// same thing try at the same moment, up to one that doubles with each failure and is a second at most.
func Pause(failures int) time.Duration {
	longest := maxPause
	if doublings := failures - 1; doublings < 5 {
		longest = min(maxPause, firstPause<<max(doublings, 0))
	}
	return rand.N(longest) //nolint:gosec // nothing is lost if it is guessed
}
