//go:build !linux

package load

import "net"

// A batcher reads and writes one datagram at a time: only Linux does many at once. It belongs to
// one goroutine.
type batcher struct {
	conn   *net.UDPConn
	buffer [maxPacket]byte
	length int
	out    [][]byte
	window int
}

// newBatcher returns a batcher that takes window packets before it has to be flushed.
func newBatcher(conn *net.UDPConn, window int) (*batcher, error) {
	return &batcher{conn: conn, window: window}, nil
}

// write puts a packet into the batch, or drops it when that is full; then it will be given up as
// lost. It must not change until it is flushed.
func (b *batcher) write(packet []byte) {
	if len(b.out) < b.window {
		b.out = append(b.out, packet)
	}
}

// flush sends the batch. What is behind an error is dropped.
func (b *batcher) flush() error {
	defer func() { b.out = b.out[:0] }()
	for _, packet := range b.out {
		if _, err := b.conn.Write(packet); err != nil {
			return err
		}
	}
	return nil
}

// read waits for a packet.
func (b *batcher) read() (n int, err error) {
	if b.length, err = b.conn.Read(b.buffer[:]); err != nil {
		return 0, err
	}
	return 1, nil
}

// packet returns the packet that was read. It holds until the next read.
func (b *batcher) packet(int) []byte { return b.buffer[:b.length] }
