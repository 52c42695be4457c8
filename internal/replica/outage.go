package replica

import "time"

// tellEvery is how often the log is told of what goes on.
const tellEvery = time.Minute

// An outage is something that goes wrong for a while. Its zero value is none.
type outage struct {
	since time.Time // zero while there is none
	told  time.Time
}

// lasts records that it does, and reports whether the log should be told: when it begins, and once a
// minute.
func (o *outage) lasts(now time.Time) (tell bool) {
	if o.since.IsZero() {
		o.since = now
	} else if now.Sub(o.told) < tellEvery {
		return false
	}
	o.told = now
	return true
}

// ends records that it does, and reports how long it lasted, if there was one.
func (o *outage) ends(now time.Time) (lasted time.Duration, was bool) {
	if o.since.IsZero() {
		return 0, false
	}
	lasted = now.Sub(o.since)
	*o = outage{}
	return lasted, true
}
