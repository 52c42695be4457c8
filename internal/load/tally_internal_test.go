package load

import (
	"strconv"
	"testing"
)

func TestATallyKeepsAFewErrorTextsAndCountsTheOthers(t *testing.T) {
	one, sum := new(tally), new(tally)
	for i := range 1000 {
		one.failed(strconv.Itoa(i))
	}
	sum.merge(one)
	sum.merge(one)
	if len(sum.errors) != maxTexts+1 || sum.errors["0"] != 2 || sum.errors["others"] != 2*(1000-maxTexts) {
		t.Errorf("got %v, want the first %d twice and the others", sum.errors, maxTexts)
	}
}
