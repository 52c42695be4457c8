//go:build !unix

package app

// maxFiles returns how many files the process may have open, and whether the system says. It does not.
func maxFiles() (limit uint64, known bool) { return 0, false }
