package load

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clockTick is the unit in which Linux tells CPU time: USER_HZ, which is 100 everywhere.
const clockTick = 10 * time.Millisecond

// A usage is the CPU time that a process and its threads have had, in user mode and in the kernel.
type usage struct {
	pid  int
	name string
	time time.Duration
}

// readCPU returns the usage of each process, and last of this one.
func readCPU(pids []int) (all []usage, err error) {
	for _, pid := range pids {
		u, err := readUsage("/proc", pid)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	own, err := readUsage("/proc", os.Getpid())
	if err != nil && len(pids) == 0 {
		return []usage{{pid: os.Getpid()}}, nil // not on Linux, and nobody asked
	}
	return append(all, own), err
}

// readUsage reads /proc/PID/stat: see proc_pid_stat(5).
func readUsage(proc string, pid int) (usage, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "stat")) //nolint:gosec // a number, in a folder that is ours to name
	if err != nil {
		return usage{}, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')') // its name may have either in it
	if open < 0 || end < open {
		return usage{}, fmt.Errorf("CPU time of process %d: %q is not understood", pid, text)
	}
	const utime, stime = 11, 12 // counted from the field after the name
	fields := bytes.Fields(text[end+1:])
	if len(fields) <= stime {
		return usage{}, fmt.Errorf("CPU time of process %d: %q is not understood", pid, text)
	}
	user, err1 := strconv.ParseInt(string(fields[utime]), 10, 64)
	kernel, err2 := strconv.ParseInt(string(fields[stime]), 10, 64)
	if err1 != nil || err2 != nil {
		return usage{}, fmt.Errorf("CPU time of process %d: %q is not understood", pid, text)
	}
	return usage{pid, string(text[open+1 : end]), time.Duration(user+kernel) * clockTick}, nil
}
