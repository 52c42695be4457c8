package load

import (
	"math"
	"math/bits"
	"time"
)

// subBits is how many leading bits of a duration a histogram keeps.
const subBits = 8

// buckets reach to four minutes and a half.
const buckets = 32 << (subBits - 1)

// A histogram counts durations to within 1/128 of each, from a nanosecond to minutes, in a fixed
// amount of memory.
type histogram struct {
	buckets [buckets]uint64
	count   uint64
	longest time.Duration
}

func (h *histogram) add(d time.Duration) {
	h.buckets[bucketOf(d)]++
	h.count++
	h.longest = max(h.longest, d)
}

// bucketOf returns the bucket of d. Below 2^subBits each nanosecond has one; above, the leading
// bit chooses a group of buckets, and those that follow choose among them.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	shift := max(bits.Len64(n)-subBits, 0)
	return min(shift<<(subBits-1)+int(n>>shift), buckets-1)
}

// upperBound returns the longest duration of a bucket.
func upperBound(bucket int) time.Duration {
	const half = 1 << (subBits - 1)
	shift := max(bucket/half-1, 0)
	return time.Duration(uint64(bucket-shift*half+1)<<shift - 1)
}

// merge adds what other has counted.
func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.longest = max(h.longest, other.longest)
}

// quantile returns the duration that the share q of all is not longer than.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(math.Ceil(q * float64(h.count)))
	if rank == 0 {
		return 0
	}
	var seen uint64
	for i, n := range h.buckets {
		if seen += n; seen >= rank {
			return min(upperBound(i), h.longest)
		}
	}
	return h.longest
}
