package load

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// A use is what a process has had of the machine: CPU time, and memory that is resident now.
type use struct {
	usage
	resident int64 // bytes; of this process zero where nobody can tell
}

// readUse returns the use of each process, and last of this one.
func readUse(pids []int) ([]use, error) {
	times, err := readCPU(pids)
	if err != nil {
		return nil, err
	}
	all := make([]use, len(times))
	for i, u := range times {
		all[i].usage = u
		if i < len(pids) {
			if all[i].resident, err = readResident("/proc", u.pid); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// readResident reads VmRSS of /proc/PID/status: see proc_pid_status(5).
func readResident(proc string, pid int) (int64, error) {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "status")) //nolint:gosec // a number, in a folder that is ours to name
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		rest, ok := bytes.CutPrefix(lines.Bytes(), []byte("VmRSS:"))
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(rest, []byte("kB")))), 10, 64)
		if err == nil {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("memory of process %d: there is none in its status", pid)
}
