package httptracker

import (
	"net"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The flags of a TCP segment (RFC 9293, 3.1).
const (
	tcpFlagsOffset = 13
	tcpSYN         = 0x02
	tcpACK         = 0x10
)

// deferAccept is how long a connection may take to send its first byte before it is accepted without
// it, in seconds. The kernel counts in repetitions of its handshake and makes 7 of it.
const deferAccept = 5

// awaitRequests makes the kernel hand connections over once their first request is there, so that
// nobody is woken to wait for it.
func awaitRequests(ln *net.TCPListener) {
	control(ln, func(fd int) {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, deferAccept)
	})
}

// refuseHandshakes makes the kernel overlook attempts to open a connection to ln, while those under
// way are completed. Whoever tries is not told anything and tries again, first after a second, when
// it is told that nobody listens or is answered by somebody else.
func refuseHandshakes(ln *net.TCPListener) {
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: tcpFlagsOffset, Size: 1},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: tcpSYN | tcpACK},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: tcpSYN, SkipFalse: 1},
		bpf.RetConstant{Val: 0},         // drop a SYN without ACK
		bpf.RetConstant{Val: 1<<32 - 1}, // keep all of anything else
	})
	if err != nil {
		panic(err) // the program is a constant
	}
	filter := make([]unix.SockFilter, len(program))
	for i, op := range program {
		filter[i] = unix.SockFilter{Code: op.Op, Jt: op.Jt, Jf: op.Jf, K: op.K}
	}
	control(ln, func(fd int) {
		// Where the kernel refuses, a client may meet a reset, as it would have anyway.
		_ = unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}

// control calls f with the socket's descriptor, unless it is closed.
func control(ln *net.TCPListener, f func(fd int)) {
	if raw, err := ln.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
