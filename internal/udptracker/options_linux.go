package udptracker

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// manySockets says that sockets may share an address, and that the kernel spreads clients over them.
const manySockets = true

// sharePort lets other sockets of ours listen on the same address. It is the Control of a
// [net.ListenConfig].
func sharePort(_, _ string, raw syscall.RawConn) error {
	return control(raw, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
}

// setReceiveBuffer asks for a receive buffer of size bytes, past the system's limit where we may,
// and returns what the kernel gave. It gives what it likes, and never an error.
func setReceiveBuffer(conn *net.UDPConn, size int) (got int) {
	return setBuffer(conn, size, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF)
}

// setSendBuffer is setReceiveBuffer for the send buffer.
func setSendBuffer(conn *net.UDPConn, size int) (got int) {
	return setBuffer(conn, size, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF)
}

func setBuffer(conn *net.UDPConn, size, force, plain int) (got int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = control(raw, func(fd int) error {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, plain, size)
		}
		if doubled, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, plain); err == nil {
			got = doubled / 2 // the kernel doubles it for its own needs: socket(7)
		}
		return nil
	})
	return got
}

// askForDestinations has the kernel tell where datagrams were sent to, when conn listens on more
// than one address.
func askForDestinations(conn *net.UDPConn) error {
	if local, _ := conn.LocalAddr().(*net.UDPAddr); !local.IP.IsUnspecified() {
		return nil
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	return control(raw, func(fd int) error {
		if domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN); err != nil || domain == unix.AF_INET {
			return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
		}
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	})
}

// control calls f with the socket's descriptor.
func control(raw syscall.RawConn, f func(fd int) error) error {
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}
