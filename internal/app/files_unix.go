//go:build unix

package app

import "golang.org/x/sys/unix"

// maxFiles returns how many files the process may have open, and whether the system says.
func maxFiles() (limit uint64, known bool) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, false
	}
	return uint64(l.Cur), true //nolint:unconvert // it is signed on some systems
}
