// Package outage is for what goes wrong for a while: when the log is told of it, and when to try again.
// What went wrong it does not know.
package outage

import (
	"math/rand/v2"
	"time"
)

// tellEvery is how often the log is told of what goes on.
const tellEvery = time.Minute

// An Outage is something that goes wrong for a while. Its zero value is none.
type Outage struct {
	since time.Time // zero while there is none
	told  time.Time
}

// Lasts records that it does, and reports whether the log should be told: when it begins, and once a
// minute.
func (o *Outage) Lasts(now time.Time) (tell bool) {
	if o.since.IsZero() {
		o.since = now
	} else if now.Sub(o.told) < tellEvery {
		return false
	}
	o.told = now
	return true
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
