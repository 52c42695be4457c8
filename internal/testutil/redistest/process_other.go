//go:build !linux

package redistest

import "syscall"

// dieWithUs would have the kernel end a server whose test process ended without a word.
func dieWithUs() *syscall.SysProcAttr { return nil }
