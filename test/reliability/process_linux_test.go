package reliability_test

import "syscall"

// dieWithUs has the kernel end a process whose test process ended without a word.
func dieWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
