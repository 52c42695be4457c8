package replica

import "time"

const (
	daySeconds = int64(24 * time.Hour / time.Second)
	// formerSeconds is how long frontends accept a connection ID.
	formerSeconds = int64(10 * time.Minute / time.Second)
)

// A secret keys connection IDs. The zero one is none: it must never be used, since everybody knows it.
type secret = [16]byte

// days are the secrets of three days. They do not change.
type days struct {
	today   int64     // in days since 1970; zero before Redis was asked
	secrets [3]secret // yesterday's, today's, which is known, and tomorrow's
	former  secret    // was today's until it was replaced, and
	until   int64     // is accepted before this second
}

// at returns the secret of a second, and the other one that is accepted then.
func (d *days) at(second int64) (current, other secret) {
	day := second / daySeconds
	current = d.of(day)
	switch {
	case second < d.until:
		return current, d.former
	case second%daySeconds < daySeconds/2:
		return current, d.of(day - 1)
	default:
		return current, d.of(day + 1)
	}
}

// of returns the secret of a day. Days that are not known have today's: replicas that lose Redis for
// days so keep agreeing with each other.
func (d *days) of(day int64) secret {
	if s := d.known(day); s != (secret{}) {
		return s
	}
	return d.secrets[1]
}

// known returns the secret of a day if it is one of the three, and otherwise none.
func (d *days) known(day int64) secret {
	if i := day - d.today + 1; i >= 0 && i < int64(len(d.secrets)) {
		return d.secrets[i]
	}
	return secret{}
}

// shared reports whether the secrets are those of all replicas.
func (d *days) shared() bool { return d.today != 0 }
