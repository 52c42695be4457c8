//go:build !linux

package udptracker

import (
	"net"
	"net/netip"
)

// A batch is one datagram and its reply: only Linux reads and writes many at once.
type batch struct {
	conn   *net.UDPConn
	data   [maxRequest]byte
	length int
	from   netip.AddrPort
	answer []byte
}

func newBatch(conn *net.UDPConn) (*batch, error) { return &batch{conn: conn}, nil }

// read waits for a datagram, or for the connection's deadline.
func (b *batch) read() (n int, err error) {
	if b.length, b.from, err = b.conn.ReadFromUDPAddrPort(b.data[:]); err != nil {
		return 0, err
	}
	return 1, nil
}

// request returns the datagram and where it came from.
func (b *batch) request(int) (packet []byte, from netip.AddrPort) {
	return b.data[:b.length], netip.AddrPortFrom(b.from.Addr().Unmap(), b.from.Port())
}

// reply answers the datagram. The reply must not change until it is flushed.
func (b *batch) reply(_ int, packet []byte) { b.answer = packet }

// flush writes the reply, and returns how many the system did not take.
func (b *batch) flush() (failed int) {
	if len(b.answer) > 0 {
		if _, err := b.conn.WriteToUDPAddrPort(b.answer, b.from); err != nil {
			failed = 1
		}
	}
	b.answer = nil
	return failed
}
