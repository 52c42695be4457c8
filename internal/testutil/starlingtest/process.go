package starlingtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience is how long a program may take to begin or to end.
const patience = 45 * time.Second

// A Process is a program under test and all it has written. It does not outlive its test, nor the
// test binary when that is killed.
type Process struct {
	cmd  *exec.Cmd
	path string        // of what it wrote
	done chan struct{} // closed when it has ended

	asked  atomic.Bool // to end, by the test
	judged atomic.Bool // by the test: it killed it, or knows how it ended
}

// Start runs a program in a home of its own, so that nobody's settings are read or changed.
func Start(tb testing.TB, name string, args ...string) *Process {
	tb.Helper()
	home := tb.TempDir()
	out, err := os.Create(filepath.Join(home, "output")) //nolint:gosec // our own folder
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()                  //nolint:errcheck // the program has it
	cmd := exec.Command(name, args...) //nolint:gosec // what the test says
	cmd.Dir, cmd.Stdout, cmd.Stderr = home, out, out
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8",
		"GORACE=atexit_sleep_ms=10", // the race detector would wait for a second at each end
	}
	cmd.SysProcAttr = groupThatDiesWithUs()
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	p := &Process{cmd: cmd, path: out.Name(), done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // ProcessState says how it ended
		close(p.done)
	}()
	tb.Cleanup(func() {
		killGroup(cmd.Process.Pid)
		<-p.done
		if tb.Failed() {
			tb.Logf("%v wrote:\n%s", cmd.Args, tail(p.Output(), 8<<10))
		}
	})
	return p
}

// Signal sends s. It may be called when the process has ended.
func (p *Process) Signal(s os.Signal) {
	switch s {
	case syscall.SIGKILL:
		p.judged.Store(true)
	case syscall.SIGTERM, syscall.SIGINT:
		p.asked.Store(true)
	}
	_ = p.cmd.Process.Signal(s)
}

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Wait waits until the process has ended and returns its exit code: -1 when a signal ended it, or when it
// goes on for so long that the test has failed.
func (p *Process) Wait(tb testing.TB) (code int) {
	tb.Helper()
	p.judged.Store(true)
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		tb.Errorf("%s did not end within %v", p.cmd.Args[0], patience)
		return -1
	}
}

// End sends s and waits until the process has ended.
func (p *Process) End(tb testing.TB, s os.Signal) {
	tb.Helper()
	p.Signal(s)
	p.Wait(tb)
}

// Ended returns a channel that is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.done }

// Output returns what the process has written so far.
func (p *Process) Output() string {
	b, err := os.ReadFile(p.path)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
