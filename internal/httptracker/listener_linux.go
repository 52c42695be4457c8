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
	raw, err := ln.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		// Where the kernel refuses, a client may meet a reset, as it would have anyway.
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]})
	})
}
