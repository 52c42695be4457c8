package interop_test

import (
	"testing"
	"time"
)

const (
	// patience is how long a client may take for one step. A seeding Transmission lets a new peer
	// wait for ten seconds; the rest is for slow machines.
	patience = 45 * time.Second
	// calm is how long nothing has to happen to be believed. With a tracker every encounter has
	// begun by then.
	calm = 25 * time.Second

	pollInterval = 20 * time.Millisecond
)

// eventually polls state until it returns want, and fails the test when it does not in time.
func eventually[T comparable](t *testing.T, what string, want T, state func() T) {
	t.Helper()
	var got T
	if !poll(patience, func() bool { got = state(); return got == want }) {
		t.Fatalf("%s: got %+v, want %+v within %v", what, got, want, patience)
	}
}

// always polls state for a while and fails the test when it returns anything but want.
func always[T comparable](t *testing.T, what string, want T, state func() T) {
	t.Helper()
	var got T
	if poll(calm, func() bool { got = state(); return got != want }) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}

// poll calls done until it returns true, for at most limit, and returns what it returned last.
func poll(limit time.Duration, done func() bool) bool {
	over := time.After(limit)
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-over:
			return false
		}
	}
	return true
}
