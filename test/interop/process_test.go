package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A process is a program under test and all it has written. It does not outlive its test, nor the
// test binary when that is killed.
type process struct {
	cmd  *exec.Cmd
	path string        // of what it wrote
	done chan struct{} // closed when it has ended
}

// start runs a program in a home of its own, so that nobody's settings are read or changed.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	home := t.TempDir()
	out, err := os.Create(filepath.Join(home, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = home, out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, path: out.Name(), done: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
		if t.Failed() {
			t.Logf("%v wrote:\n%s", cmd.Args, tail(p.output(), 8<<10))
		}
	})
	return p
}

// signal sends s and waits until the process has ended.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	p.cmd.Process.Signal(s)
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Errorf("%s did not end within %v of a %v", p.cmd.Args[0], patience, s)
	}
}

// output returns what the process has written so far.
func (p *process) output() string {
	b, err := os.ReadFile(p.path)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }
