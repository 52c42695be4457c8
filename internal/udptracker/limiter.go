package udptracker

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

const (
	limiterBuckets = 1 << 12
	// errorsPerSecond is how many error packets about connection IDs a bucket may cause.
	errorsPerSecond = 10
)

// A limiter bounds the error packets to each source. Sources share a fixed number of buckets, by a
// hash that nobody outside can foresee; who shares one with a flood waits for the next second.
type limiter struct {
	seed    maphash.Seed
	buckets [limiterBuckets]atomic.Uint64 // the second, shifted by countBits, and the count within it
}

const (
	countBits = 16
	countMask = 1<<countBits - 1
)

func newLimiter() *limiter { return &limiter{seed: maphash.MakeSeed()} }

// allow takes one from the source's share of this second, and reports whether there was one.
func (l *limiter) allow(source netip.Addr, now time.Time) bool {
	bucket := &l.buckets[maphash.Comparable(l.seed, network(source))%limiterBuckets]
	second := uint64(now.Unix()) << countBits
	for {
		old := bucket.Load()
		next := old + 1
		if old&^countMask != second {
			next = second + 1
		} else if old&countMask == errorsPerSecond {
			return false
		}
		if bucket.CompareAndSwap(old, next) {
			return true
		}
	}
}

// network returns what one source may choose its address from: an IPv4 address, or a /64.
func network(source netip.Addr) (n [8]byte) {
	if source.Is4() {
		ip := source.As4()
		copy(n[:], ip[:])
		return n
	}
	ip := source.As16()
	copy(n[:], ip[:8])
	return n
}
