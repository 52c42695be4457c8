package load

import (
	"math"
	"math/rand/v2"
)

// An alias chooses among numbers by their weights, in constant time: the method of Walker and Vose.
type alias struct {
	keep  []float64 // the chance to stay with a number that was drawn
	other []int32   // what to take in its place
}

// newAlias returns what chooses i with a chance proportional to weights[i]. It overwrites weights.
func newAlias(weights []float64) *alias {
	n, sum := len(weights), 0.0
	for _, w := range weights {
		sum += w
	}
	a := &alias{keep: weights, other: make([]int32, n)}
	var poor, rich []int32 // below and above the average
	for i := range weights {
		weights[i] *= float64(n) / sum
		a.other[i] = int32(i)
		if weights[i] < 1 {
			poor = append(poor, int32(i))
		} else {
			rich = append(rich, int32(i))
		}
	}
	for len(poor) > 0 && len(rich) > 0 {
		p, r := poor[len(poor)-1], rich[len(rich)-1]
		poor = poor[:len(poor)-1]
		a.other[p] = r
		if weights[r] -= 1 - weights[p]; weights[r] < 1 {
			rich = rich[:len(rich)-1]
			poor = append(poor, r)
		}
	}
	return a
}

func (a *alias) pick(rng *rand.Rand) int {
	i := rng.IntN(len(a.keep))
	if a.other[i] != int32(i) && rng.Float64() >= a.keep[i] {
		return int(a.other[i])
	}
	return i
}

// zipf returns the weights of n things of which the k-th is as popular as 1/k to the exponent.
func zipf(n int, exponent float64) []float64 {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = math.Pow(float64(i+1), -exponent)
	}
	return weights
}
