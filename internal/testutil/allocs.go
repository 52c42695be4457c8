// Package testutil holds what the tests of several packages need and the standard library lacks.
// Only tests import it.
package testutil

import "testing"

// NoAllocs fails t when f allocates, and calls the culprit what. It runs f a hundred times after a
// first run that is not counted, in which buffers that f keeps may grow. Fewer than a hundred
// allocations in all go unseen, since other goroutines may have made them; for the same reason t
// must not be parallel.
//
// Under the race detector, which allocates itself, f runs once and nothing is claimed. The test is
// not skipped for it: there f still has to run without a race.
func NoAllocs(t testing.TB, what string, f func()) {
	t.Helper()
	if RaceEnabled {
		f()
		return
	}
	if got := testing.AllocsPerRun(100, f); got != 0 {
		t.Errorf("%s: got %v allocations a run, want 0", what, got)
	}
}
