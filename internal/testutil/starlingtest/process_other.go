//go:build !linux

package starlingtest

import (
	"os"
	"syscall"
)

// groupThatDiesWithUs would put a program and its children into a group that ends with the test process.
func groupThatDiesWithUs() *syscall.SysProcAttr { return nil }

func killGroup(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
