package redisstore

import "time"

// The score of a TCP peer is the second at which it expires, counted from an epoch of ours so that it
// fits 32 bits: as it is for a leecher, below zero for a seeder. So of a pool in rank order the live
// seeders are the first, the live leechers the last, and the dead lie between.

// epoch is where scores count from, in Unix seconds.
const epoch = 1_700_000_000

// A second is a time in seconds since epoch.
type second int64

func secondOf(t time.Time) second { return second(t.Unix() - epoch) }

// expiry returns the second at which a peer expires that lives for a lifetime from now, which is not
// cut short by the second that has begun.
func expiry(now second, lifetime time.Duration) second {
	return now + second((lifetime+time.Second-1)/time.Second) + 1
}

// signed gives the size of a score the sign of a role.
func signed(size int64, seeder bool) int64 {
	if seeder {
		return -size
	}
	return size
}
