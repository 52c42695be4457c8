//go:build linux

package main

import (
	"math"
	"slices"
	"testing"
)

func TestMedianIsTheMiddleOrTheMeanOfTheMiddleTwo(t *testing.T) {
	for _, test := range []struct {
		of   []float64
		want float64
	}{
		{[]float64{7}, 7},
		{[]float64{9, 1}, 5},
		{[]float64{100, 1, 3}, 3},
		{[]float64{4, 1, 1000, 2}, 3},
	} {
		given := slices.Clone(test.of)
		if got := median(test.of); got != test.want {
			t.Errorf("median of %v: got %g, want %g", test.of, got, test.want)
		}
		if !slices.Equal(test.of, given) {
			t.Errorf("the median reordered what it was given: got %v, want %v", test.of, given)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing: got %g, want NaN", got)
	}
}

func TestWorkIsTheSameWithinFivePercentOfTheBase(t *testing.T) {
	for _, test := range []struct {
		peers, base float64
		want        bool
	}{
		{50, 50, true},
		{47.6, 50, true},
		{52.4, 50, true},
		{47.5, 50, false},
		{52.5, 50, false},
		{30, 50, false},
		{0, 0, true},
		{1, 0, false},
		{math.NaN(), 50, false},
		{50, math.NaN(), false},
	} {
		if got := sameWork(test.peers, test.base); got != test.want {
			t.Errorf("%g peers and %g: got %t, want %t", test.peers, test.base, got, test.want)
		}
	}
}

// A machine that turns half as fast after the first round must not change a ratio.
func TestRatioComparesWithinRounds(t *testing.T) {
	cpu := func(s *sample) float64 { return s.CPU }
	base := []*sample{{CPU: 10}, {CPU: 20}, {CPU: 20}}
	for name, test := range map[string]struct {
		of   []*sample
		want float64
	}{
		"each round":             {[]*sample{{CPU: 30}, {CPU: 60}, {CPU: 60}}, 3},
		"without a failed round": {[]*sample{{CPU: 30}, nil, {CPU: 60}}, 3},
		"rounds that ended":      {[]*sample{{CPU: 20}}, 2},
	} {
		if got := ratio(test.of, base, cpu); got != test.want {
			t.Errorf("%s: got %g, want %g", name, got, test.want)
		}
	}
	if got := ratio(base, nil, cpu); !math.IsNaN(got) {
		t.Errorf("ratio to nothing: got %g, want NaN", got)
	}
	if got := ratio(base, []*sample{{}, {}, {}}, cpu); !math.IsNaN(got) {
		t.Errorf("ratio to zero: got %g, want NaN", got)
	}
}

func TestEveryEntryHasItsTurnAndEachBeginsARound(t *testing.T) {
	var first []int
	for round := range 4 {
		order := rotated(4, round)
		first = append(first, order[0])
		if got, want := slices.Sorted(slices.Values(order)), []int{0, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("round %d: got %v, want each of %v once", round, order, want)
		}
	}
	if want := []int{0, 1, 2, 3}; !slices.Equal(first, want) {
		t.Errorf("the first of each round: got %v, want %v", first, want)
	}
}
