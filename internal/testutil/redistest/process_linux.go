package redistest

import "syscall"

// dieWithUs has the kernel end a server whose test process ended without a word.
func dieWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
