package udptracker

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A batch is the datagrams that one recvmmsg(2) read, and the replies that sendmmsg(2) will write.
// It owns the requests' buffers, which hold until the next read. The kernel's structures in it point
// at each other, so it must not be copied, and it belongs to one loop.
type batch struct {
	raw      syscall.RawConn
	requests [batchSize]datagram
	received [batchSize]mmsghdr
	replies  [batchSize]mmsghdr
	parts    [batchSize]unix.Iovec // of replies
	count    int                   // datagrams read
	waiting  int                   // replies not written yet
	sent     int                   // replies of those that the system was given
	failed   int                   // replies of those that it did not take
	errno    syscall.Errno         // of the last read
	receive  func(fd uintptr) bool // recvmmsg and sendmmsg: made once, since a method value allocates
	send     func(fd uintptr)
}

// A datagram is what the kernel fills in.
type datagram struct {
	data   [maxRequest]byte
	part   unix.Iovec
	to     destination
	source unix.RawSockaddrInet6 // or the shorter one of IPv4
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	header unix.Msghdr
	length uint32
}

func newBatch(conn syscall.Conn) (*batch, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &batch{raw: raw, count: batchSize}
	for i := range b.requests {
		d, h := &b.requests[i], &b.received[i].header
		d.part.Base = &d.data[0]
		d.part.SetLen(maxRequest)
		h.Iov, h.Name, h.Control = &d.part, (*byte)(unsafe.Pointer(&d.source)), d.to.bytes()
		h.SetIovlen(1)
		b.replies[i].header.Iov = &b.parts[i]
		b.replies[i].header.SetIovlen(1)
	}
	b.receive, b.send = b.recvmmsg, b.sendmmsg
	return b, nil
}

// read waits for datagrams, or for the connection's deadline, and returns how many came.
func (b *batch) read() (n int, err error) {
	for i := range b.count { // what the last read left behind
		b.received[i].header.Namelen = unix.SizeofSockaddrInet6
		b.received[i].header.SetControllen(int(unsafe.Sizeof(destination{})))
	}
	b.count = 0
	if err := b.raw.Read(b.receive); err != nil {
		return 0, err
	}
	if b.errno != 0 {
		return 0, os.NewSyscallError("recvmmsg", b.errno)
	}
	return b.count, nil
}

// recvmmsg reads what there is, and reports whether there was something.
func (b *batch) recvmmsg(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd,
			uintptr(unsafe.Pointer(&b.received[0])), batchSize, unix.MSG_DONTWAIT, 0, 0)
		if b.errno = errno; errno == 0 {
			b.count = int(n)
		}
		if errno != unix.EINTR {
			return errno != unix.EAGAIN
		}
	}
}

// request returns the i-th datagram and where it came from.
func (b *batch) request(i int) (packet []byte, from netip.AddrPort) {
	d := &b.requests[i]
	var port [2]byte
	binary.NativeEndian.PutUint16(port[:], d.source.Port) // which is in network order
	ip := netip.AddrFrom16(d.source.Addr).Unmap()
	if d.source.Family == unix.AF_INET {
		ip = netip.AddrFrom4((*unix.RawSockaddrInet4)(unsafe.Pointer(&d.source)).Addr)
	}
	return d.data[:b.received[i].length], netip.AddrPortFrom(ip, binary.BigEndian.Uint16(port[:]))
}

// reply answers the i-th datagram, from the address that it was sent to. The reply must not change
// until it is flushed.
func (b *batch) reply(i int, packet []byte) {
	from, h, part := &b.received[i].header, &b.replies[b.waiting].header, &b.parts[b.waiting]
	h.Name, h.Namelen = from.Name, from.Namelen
	h.Control = from.Control
	h.SetControllen(b.requests[i].to.answer(int(from.Controllen)))
	part.Base = &packet[0]
	part.SetLen(len(packet))
	b.waiting++
}

// flush writes the replies, and returns how many the system did not take.
func (b *batch) flush() (failed int) {
	b.sent, b.failed = 0, 0
	if b.waiting > 0 && b.raw.Control(b.send) != nil { // it is closed
		b.failed = b.waiting - b.sent
	}
	b.waiting = 0
	return b.failed
}

// maxSendWait is how long a batch of replies waits for room in the send buffer, in milliseconds. The
// room is taken by datagrams whose receivers the system is still looking for, which may be nobody; those
// who can be reached are not to wait for them.
const maxSendWait = 5

// sendmmsg writes the replies that wait, and counts those that the socket does not take.
func (b *batch) sendmmsg(fd uintptr) {
	for waited := false; b.sent < b.waiting; {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd,
			uintptr(unsafe.Pointer(&b.replies[b.sent])), uintptr(b.waiting-b.sent), unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == 0:
			b.sent += int(n)
		case errno == unix.EINTR:
		case errno == unix.EAGAIN && !waited:
			waited = true
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, maxSendWait)
		default: // the first of those that are left is at fault
			b.failed++
			b.sent++
		}
	}
}
