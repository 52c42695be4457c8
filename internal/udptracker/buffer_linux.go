package udptracker

import (
	"net"

	"golang.org/x/sys/unix"
)

// setReceiveBuffer asks for a receive buffer of size bytes, past the system's limit where we may,
// and returns what the kernel gave. It gives what it likes, and never an error.
func setReceiveBuffer(conn *net.UDPConn, size int) (got int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
		}
		if doubled, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF); err == nil {
			got = doubled / 2 // the kernel doubles it for its own needs: socket(7)
		}
	})
	return got
}
