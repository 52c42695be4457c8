package load

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A batcher reads and writes the datagrams of a connected socket, many with one call to the system,
// and allocates nothing for them. The kernel's structures in it point at each other, so it must not
// be copied, and it belongs to one goroutine.
type batcher struct {
	raw     syscall.RawConn
	buffers [][maxPacket]byte
	in, out mmsghdrs
	inParts []unix.Iovec
	parts   []unix.Iovec // of out
	waiting int          // of out
	sent    int          // of those waiting
	count   int          // of in
	errno   syscall.Errno
	receive func(fd uintptr) bool // recvmmsg and sendmmsg: made once, since a method value allocates
	send    func(fd uintptr) bool
}

// mmsghdrs are an array of struct mmsghdr.
type mmsghdrs []struct {
	header unix.Msghdr
	length uint32
}

func newMmsghdrs(n int) (hs mmsghdrs, parts []unix.Iovec) {
	hs, parts = make(mmsghdrs, n), make([]unix.Iovec, n)
	for i := range hs {
		hs[i].header.Iov = &parts[i]
		hs[i].header.SetIovlen(1)
	}
	return hs, parts
}

// newBatcher returns a batcher that takes window packets before it has to be flushed.
func newBatcher(conn *net.UDPConn, window int) (*batcher, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	b := &batcher{raw: raw, buffers: make([][maxPacket]byte, min(window, batchSize))}
	b.in, b.inParts = newMmsghdrs(len(b.buffers))
	b.out, b.parts = newMmsghdrs(window)
	for i := range b.in {
		b.inParts[i].Base = &b.buffers[i][0]
		b.inParts[i].SetLen(maxPacket)
	}
	b.receive, b.send = b.recvmmsg, b.sendmmsg
	return b, nil
}

// write puts a packet into the batch, or drops it when that is full; then it will be given up as
// lost. It must not change until it is flushed.
func (b *batcher) write(packet []byte) {
	if b.waiting < len(b.out) {
		b.parts[b.waiting].Base = &packet[0]
		b.parts[b.waiting].SetLen(len(packet))
		b.waiting++
	}
}

// flush sends the batch. What is behind an error is dropped.
func (b *batcher) flush() error {
	defer func() { b.waiting = 0 }()
	for b.sent = 0; b.sent < b.waiting; {
		if err := b.raw.Write(b.send); err != nil {
			return err
		}
		if b.errno != 0 {
			return os.NewSyscallError("sendmmsg", b.errno)
		}
	}
	return nil
}

// read waits for packets and returns how many there are.
func (b *batcher) read() (int, error) {
	if err := b.raw.Read(b.receive); err != nil {
		return 0, err
	}
	if b.errno != 0 {
		return 0, os.NewSyscallError("recvmmsg", b.errno)
	}
	return b.count, nil
}

// packet returns the i-th packet that was read. It holds until the next read.
func (b *batcher) packet(i int) []byte { return b.buffers[i][:b.in[i].length] }

// recvmmsg reads what there is, and reports whether there was something.
func (b *batcher) recvmmsg(fd uintptr) bool {
	n, errno := mmsg(unix.SYS_RECVMMSG, fd, b.in)
	b.count, b.errno = n, errno
	return errno != unix.EAGAIN
}

// sendmmsg writes what the socket takes, and reports whether it took something or never will.
func (b *batcher) sendmmsg(fd uintptr) bool {
	n, errno := mmsg(unix.SYS_SENDMMSG, fd, b.out[b.sent:b.waiting])
	b.sent, b.errno = b.sent+n, errno
	return errno != unix.EAGAIN
}

func mmsg(call, fd uintptr, hs mmsghdrs) (n int, errno syscall.Errno) {
	for {
		n, _, errno := unix.Syscall6(call, fd,
			uintptr(unsafe.Pointer(&hs[0])), uintptr(len(hs)), unix.MSG_DONTWAIT, 0, 0) //nolint:gosec // what the kernel is handed
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}
