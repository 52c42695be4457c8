package testutil_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil"
)

// recorder is a testing.TB that remembers its failures instead of failing.
type recorder struct {
	testing.TB
	failures []string
}

func (*recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

var sink []byte

func TestNoAllocsReportsWhatAllocatesButNotUnderTheRaceDetector(t *testing.T) {
	r := &recorder{TB: t}
	testutil.NoAllocs(r, "two buffers", func() {
		sink = make([]byte, 64)
		sink = make([]byte, 128)
	})
	want := []string{"two buffers: got 2 allocations a run, want 0"}
	if testutil.RaceEnabled {
		want = nil
	}
	if !slices.Equal(r.failures, want) {
		t.Errorf("got failures %q, want %q", r.failures, want)
	}
}

func TestNoAllocsPassesWhatOnlyAllocatesOnce(t *testing.T) {
	r := &recorder{TB: t}
	var kept []byte
	testutil.NoAllocs(r, "one buffer", func() { kept = append(kept[:0], "starling"...) })
	if len(r.failures) != 0 {
		t.Errorf("got failures %q, want none", r.failures)
	}
}

func TestNoAllocsRunsItsFunctionUnderTheRaceDetectorToo(t *testing.T) {
	runs := 0
	testutil.NoAllocs(&recorder{TB: t}, "a counter", func() { runs++ })
	if runs == 0 {
		t.Error("got no run, want at least one")
	}
}
