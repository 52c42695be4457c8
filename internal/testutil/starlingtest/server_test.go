package starlingtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// A judge is a test that notes what it is failed for, and is over when the test says so.
type judge struct {
	testing.TB

	cleanups []func()
	failures []string
}

func (j *judge) Cleanup(f func()) { j.cleanups = append(j.cleanups, f) }

func (j *judge) Errorf(format string, args ...any) {
	j.failures = append(j.failures, fmt.Sprintf(format, args...))
}

// over ends it.
func (j *judge) over() {
	for _, f := range slices.Backward(j.cleanups) {
		f()
	}
}

func TestAServerHasToEndInGoodOrderWithItsTest(t *testing.T) {
	const waits = "; echo '{\"msg\":\"ready\"}'; while :; do sleep 0.01; done"
	tests := []struct {
		name, script string
		do           func(tb testing.TB, s *starlingtest.Server) // before the test is over
		want         string                                      // failure; empty: none
	}{
		{"in good order", "trap 'exit 0' TERM" + waits, nil, ""},
		{"with a race", "trap 'exit 66' TERM" + waits, nil, "got exit code 66"},
		{"by itself", "echo '{\"msg\":\"ready\"}'", func(_ testing.TB, s *starlingtest.Server) { <-s.Ended() }, "ended by itself"},
		{
			"killed by its test", "trap 'exit 66' TERM" + waits,
			func(_ testing.TB, s *starlingtest.Server) { s.Signal(syscall.SIGKILL) }, "",
		},
		{
			"asked by its test, once is enough", "trap 'trap \"exit 1\" TERM; sleep 0.1; exit 0' TERM" + waits,
			func(_ testing.TB, s *starlingtest.Server) { s.Signal(syscall.SIGTERM) }, "",
		},
		{
			"asked by its test, with a race", "trap 'exit 66' TERM" + waits,
			func(_ testing.TB, s *starlingtest.Server) { s.Signal(syscall.SIGTERM) }, "got exit code 66",
		},
		{
			"judged by its test", "exit 1",
			func(tb testing.TB, s *starlingtest.Server) { s.Wait(tb) }, "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "starling")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			j := &judge{TB: t}
			s := starlingtest.Launch(j, program, "127.0.0.1:0")
			if !strings.HasPrefix(tt.script, "exit") && tt.name != "by itself" {
				s.AwaitReady(t)
			}
			if tt.do != nil {
				tt.do(j, s)
			}
			j.over()
			if got := strings.Join(j.failures, "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got failure %q, want %q", got, tt.want)
			}
			select {
			case <-s.Ended():
			default:
				t.Error("got a server that outlives its test")
			}
		})
	}
}
