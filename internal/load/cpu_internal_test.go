package load

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestCPUTimeIsReadBehindAnyName(t *testing.T) {
	proc := t.TempDir()
	stat := "12 (a) S) R 1 12 12 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 8 0 1000 2000 300"
	if err := os.MkdirAll(filepath.Join(proc, "12"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(proc, "12", "stat"), []byte(stat), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readUsage(proc, 12)
	if want := (usage{12, "a) S", 3 * time.Second}); err != nil || got != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

func TestCPUTimeThatIsNotUnderstoodIsAnError(t *testing.T) {
	for _, stat := range []string{"", "12 a R", "12 )a( R 1", "12 (a) R 1 12", "12 (a) R 1 1 1 0 -1 4 1 0 0 0 x 50 0"} {
		proc := t.TempDir()
		if err := os.MkdirAll(filepath.Join(proc, "12"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, "12", "stat"), []byte(stat), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readUsage(proc, 12); err == nil || !strings.Contains(err.Error(), "CPU time of process 12") {
			t.Errorf("%q: got %+v and %v, want an error that names the process", stat, got, err)
		}
	}
}

func TestTheKernelIsUnderstood(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("CPU times are read on Linux alone")
	}
	all, err := readCPU([]int{os.Getpid()})
	if err != nil || len(all) != 2 || all[0].name == "" || all[0].pid != os.Getpid() {
		t.Errorf("got %+v and %v, want this process twice", all, err)
	}
}
