package interop_test

import (
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

const (
	// patience is how long a client may take for one step. A seeding Transmission lets a new peer
	// wait for ten seconds; the rest is for slow machines.
	patience = 45 * time.Second
	// calm is how long nothing has to happen to be believed. With a tracker every encounter has
	// begun by then.
	calm = 25 * time.Second
)

// eventually polls state until it returns want, and fails the test when it does not in time.
func eventually[T comparable](t *testing.T, what string, want T, state func() T) {
	t.Helper()
	var got T
	if !starlingtest.Poll(patience, func() bool { got = state(); return got == want }) {
		t.Fatalf("%s: got %+v, want %+v within %v", what, got, want, patience)
	}
}

// always polls state for a while and fails the test when it returns anything but want.
func always[T comparable](t *testing.T, what string, want T, state func() T) {
	t.Helper()
	var got T
	if starlingtest.Poll(calm, func() bool { got = state(); return got != want }) {
		t.Fatalf("%s: got %+v, want %+v", what, got, want)
	}
}
