//go:build linux

package main

import (
	"encoding/binary"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// echoBatch is how many datagrams go with one call to the system.
const echoBatch = 64

// An echo answers datagrams over UDP with those that a tracker would send, were all its swarms the
// same. What it costs is what the kernel costs, and the runtime's poller. It belongs to one
// goroutine, and must not be copied: the kernel's structures in it point at each other.
type echo struct {
	raw       syscall.RawConn
	errno     syscall.Errno // of the last call
	received  int           // datagrams
	waiting   int           // answers to send
	sent      int           // of those
	requests  [echoBatch]message
	answers   [echoBatch]message
	datagrams [echoBatch]datagram
}

// A message is struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// A datagram is a request and what may answer it.
type datagram struct {
	from    unix.RawSockaddrInet4
	in, out unix.Iovec
	request [256]byte
	connect [udpproto.ConnectReplyLen]byte
	reply   [udpproto.AnnounceReplyLen + 6*numWant]byte
}

func newEcho(conn *net.UDPConn) (*echo, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	e := &echo{raw: raw}
	for i := range e.datagrams {
		d := &e.datagrams[i]
		d.in.Base = &d.request[0]
		d.in.SetLen(len(d.request))
		e.requests[i].header.Iov, e.answers[i].header.Iov = &d.in, &d.out
		e.requests[i].header.SetIovlen(1)
		e.answers[i].header.SetIovlen(1)
		e.requests[i].header.Name = (*byte)(unsafe.Pointer(&d.from)) //nolint:gosec // the kernel fills it in
		binary.BigEndian.PutUint32(d.connect[:], uint32(udpproto.ActionConnect))
		copy(d.reply[:], constantReply())
	}
	return e, nil
}

// constantReply has as many peers as are asked for, and as many of each role.
func constantReply() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(udpproto.ActionAnnounce))
	b = binary.BigEndian.AppendUint32(b, 0) // the transaction ID
	b = binary.BigEndian.AppendUint32(b, 1800)
	b = binary.BigEndian.AppendUint32(b, numWant)
	b = binary.BigEndian.AppendUint32(b, numWant)
	return append(b, constantPeers()...)
}

// run answers until the connection is closed.
func (e *echo) run() error {
	for {
		for i := range e.requests {
			e.requests[i].header.Namelen = unix.SizeofSockaddrInet4
		}
		if err := e.raw.Read(e.receive); err != nil {
			return err
		}
		if e.errno != 0 {
			return os.NewSyscallError("recvmmsg", e.errno)
		}
		e.sent, e.waiting = 0, 0
		for i := range e.received {
			e.answer(i)
		}
		for e.sent < e.waiting {
			if err := e.raw.Write(e.send); err != nil {
				return err
			}
			if e.errno != 0 {
				e.sent++ // whom the first was for is gone
			}
		}
	}
}

// answer makes the i-th datagram's answer the next to send, if it is a request.
func (e *echo) answer(i int) {
	d := &e.datagrams[i]
	if e.requests[i].length < udpproto.ConnectRequestLen {
		return
	}
	answer := d.reply[:]
	if udpproto.Action(binary.BigEndian.Uint32(d.request[8:])) == udpproto.ActionConnect {
		answer = d.connect[:]
	}
	copy(answer[4:8], d.request[12:16]) // the transaction ID
	to := &e.answers[e.waiting].header
	e.waiting++
	to.Name, to.Namelen, to.Iov = e.requests[i].header.Name, unix.SizeofSockaddrInet4, &d.out
	d.out.Base = &answer[0]
	d.out.SetLen(len(answer))
}

func (e *echo) receive(fd uintptr) bool {
	n, errno := call(unix.SYS_RECVMMSG, fd, e.requests[:])
	e.received, e.errno = n, errno
	return errno != unix.EAGAIN
}

func (e *echo) send(fd uintptr) bool {
	n, errno := call(unix.SYS_SENDMMSG, fd, e.answers[e.sent:e.waiting])
	e.sent, e.errno = e.sent+n, errno
	return errno != unix.EAGAIN
}

// call is recvmmsg(2) or sendmmsg(2), and returns how many messages it was about.
func call(number, fd uintptr, messages []message) (int, syscall.Errno) {
	for {
		n, _, errno := unix.Syscall6(number, fd,
			uintptr(unsafe.Pointer(&messages[0])), uintptr(len(messages)), unix.MSG_DONTWAIT, 0, 0) //nolint:gosec // what the kernel is handed
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
