package load

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestHistogramsTellDurationsToWithinOnePercent(t *testing.T) {
	rng := newRand(1, 1)
	for range 100_000 {
		d := time.Duration(math.Exp(rng.Float64() * math.Log(float64(4*time.Minute)))) // all magnitudes alike
		if got := upperBound(bucketOf(d)); got < d || float64(got-d) > float64(d)/100 {
			t.Fatalf("%v: got %v, want at most one percent more", d, got)
		}
	}
}

func TestHistogramQuantilesAreThoseOfTheSortedDurations(t *testing.T) {
	rng := newRand(1, 2)
	var h histogram
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(rng.ExpFloat64() * float64(time.Millisecond))
		h.add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.0001, 0.5, 0.9, 0.99, 0.999, 1} {
		want := all[int(math.Ceil(q*float64(len(all))))-1]
		if got := h.quantile(q); got < want || float64(got-want) > float64(want)/100+1 {
			t.Errorf("quantile %v: got %v, want %v", q, got, want)
		}
	}
}

func TestHistogramBucketsMeetWithoutGaps(t *testing.T) {
	for b := range buckets - 1 {
		last := upperBound(b)
		if got := bucketOf(last); got != b {
			t.Fatalf("%v: got bucket %d, want %d", last, got, b)
		}
		if got := bucketOf(last + 1); got != b+1 {
			t.Fatalf("%v: got bucket %d, want %d", last+1, got, b+1)
		}
	}
}

func TestHistogramsTakeAnyDuration(t *testing.T) {
	for _, d := range []time.Duration{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		var h histogram
		h.add(d)
		if got := h.quantile(1); got > max(d, 0) || h.count != 1 {
			t.Errorf("%d: got %v as the longest, want no more than it", d, got)
		}
	}
}

func TestMergedHistogramsAreOne(t *testing.T) {
	var a, b, both histogram
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		both.add(d)
		if i%3 == 0 {
			a.add(d)
		} else {
			b.add(d)
		}
	}
	if a.merge(&b); a != both {
		t.Error("got another histogram than that of all durations")
	}
}

func TestAnEmptyHistogramHasZeros(t *testing.T) {
	if got := new(histogram).quantile(0.99); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}

func TestTheMiddleOfThreeIsTheSecond(t *testing.T) {
	var h histogram
	for _, d := range []time.Duration{4 * time.Second, time.Second, 2 * time.Second} {
		h.add(d)
	}
	if got := h.quantile(0.5).Round(100 * time.Millisecond); got != 2*time.Second {
		t.Errorf("got %v, want 2s", got)
	}
}
