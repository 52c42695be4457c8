//go:build linux

package main

import (
	"math"
	"slices"
)

// parity is by how much of the base's peers an answer another's may differ for the two to count as
// doing the same work: finding and sending peers is most of it.
const parity = 0.05

// sameWork reports whether answers of peers and of base peers may be compared.
func sameWork(peers, base float64) bool {
	if base == 0 {
		return peers == 0
	}
	return math.Abs(peers-base) < parity*base
}

// median is the middle value, or the mean of the middle two. Of nothing it is NaN.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// ratio is the median of the rounds' ratios: neighbors in time share what disturbed them. Rounds
// that either has no sample of are left out.
func ratio(of, to []*sample, value func(*sample) float64) float64 {
	var ratios []float64
	for round := range min(len(of), len(to)) {
		if of[round] != nil && to[round] != nil && value(to[round]) > 0 {
			ratios = append(ratios, value(of[round])/value(to[round]))
		}
	}
	return median(ratios)
}

// values of the samples that there are.
func values(samples []*sample, value func(*sample) float64) []float64 {
	var all []float64
	for _, s := range samples {
		if s != nil {
			all = append(all, value(s))
		}
	}
	return all
}

// rotated returns the numbers below n, beginning with another one each round.
func rotated(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (i + round) % n
	}
	return order
}
