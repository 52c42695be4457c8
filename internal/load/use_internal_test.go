package load

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestResidentMemoryIsReadInBytes(t *testing.T) {
	for status, want := range map[string]int64{
		"Name:\tnode\nVmHWM:\t  900 kB\nVmRSS:\t   84 kB\nThreads:\t1\n": 84 << 10,
		"Name:\tnode\nThreads:\t1\n":                                     -1, // a kernel's thread, or one that ended
		"VmRSS:\tmany kB\n":                                              -1,
	} {
		proc := t.TempDir()
		if err := os.MkdirAll(filepath.Join(proc, "12"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(proc, "12", "status"), []byte(status), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readResident(proc, 12)
		if want < 0 && (err == nil || !strings.Contains(err.Error(), "memory of process 12")) {
			t.Errorf("%q: got %d and %v, want an error that names the process", status, got, err)
		}
		if want >= 0 && (err != nil || got != want) {
			t.Errorf("%q: got %d and %v, want %d", status, got, err, want)
		}
	}
}

func TestUseIsOfTheProcessesAskedForAndOfThisOne(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memory is read on Linux alone")
	}
	all, err := readUse([]int{os.Getpid()})
	if err != nil || len(all) != 2 || all[0].resident < 1<<20 || all[1].pid != os.Getpid() {
		t.Errorf("got %+v and %v, want this process twice, with its memory", all, err)
	}
}
