package starlingtest

import "syscall"

// groupThatDiesWithUs puts a program and its children into a group, and has the kernel end the program
// when the test process ended without a word.
func groupThatDiesWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
