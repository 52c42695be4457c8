//go:build linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary a floor when the program starts itself as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "floor" {
		main()
		return
	}
	m.Run()
}

// One binary serves all tests here: run builds one each time.
func starlingBinary(t *testing.T) string {
	t.Helper()
	binary, err := buildStarling(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestStarlingAndTheFloorsAreMeasured(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	t.Setenv("TMPDIR", t.TempDir())
	binary := starlingBinary(t)
	t.Setenv("STARLING_TRACKER_NUMWANT", "1") // and does not reach the Starling that is measured
	var out, progress strings.Builder
	args := []string{"-quick", "-json", "-only=starling,floor", "-starling=" + binary}
	if err := run(ctx, args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	var got results
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if len(got.Tables) != 3 {
		t.Fatalf("got %d tables, want 3", len(got.Tables))
	}
	for _, table := range got.Tables {
		for _, r := range table.Rows {
			if !r.SameWork || r.Peers != numWant || r.Rate <= 0 {
				t.Errorf("%s of %s: got %g peers, %g answers a second, want %d peers; notes: %q",
					r.Name, table.Name, r.Peers, r.Rate, numWant, table.Notes)
			}
		}
		if len(table.Rows) != 2 {
			t.Errorf("%s: got %d rows, want those of the floor and Starling", table.Name, len(table.Rows))
		}
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: got %v (%v), want nothing", left, err)
	}
}

func TestExperimentsAreMeasured(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	binary := starlingBinary(t)
	for experiment, rows := range map[string]int{"cores": 2, "shapes": 3, "redis": 2, "ws": 5} {
		var out, progress strings.Builder
		only := "-only=floor,starling,memory,redis,shapes,processors" // all but rivals
		if err := run(ctx, []string{"-quick", "-experiment=" + experiment, "-starling=" + binary, only}, &out, &progress); err != nil {
			t.Fatalf("%s: %v\n%s", experiment, err, &progress)
		}
		if got := strings.Count(progress.String(), "us of CPU time an a"); got != rows {
			t.Errorf("%s: got %d measurements, want %d:\n%s%s", experiment, got, rows, &progress, &out)
		}
	}
}

func TestEndOfContextEndsEverything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, progress strings.Builder
	err := run(ctx, []string{"-quick", "-only=floor", "-starling=/bin/true"}, &out, &progress)
	if err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q, want an error and no tables", err, &out)
	}
}
