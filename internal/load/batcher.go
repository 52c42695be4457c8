package load

import (
	"net"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// maxPacket holds the largest answer that a tracker sends.
const maxPacket = 8192

// batchSize is how many datagrams are read and written with one call to the system.
const batchSize = 64

// A batcher reads and writes the datagrams of a connected socket, many with one call to the system
// where that is possible.
type batcher struct {
	conn interface {
		ReadBatch(ms []ipv4.Message, flags int) (int, error)
		WriteBatch(ms []ipv4.Message, flags int) (int, error)
	}
	in, out []ipv4.Message
	waiting int // of out
}

func newBatcher(conn *net.UDPConn, v4 bool, window int) batcher {
	b := batcher{conn: ipv6.NewPacketConn(conn)}
	if v4 {
		b.conn = ipv4.NewPacketConn(conn)
	}
	for range min(window, batchSize) {
		b.in = append(b.in, ipv4.Message{Buffers: [][]byte{make([]byte, maxPacket)}})
	}
	for range window {
		b.out = append(b.out, ipv4.Message{Buffers: make([][]byte, 1)})
	}
	return b
}

// write puts a packet into the batch, or drops it when that is full; then it will be given up as
// lost. It must not change until it is flushed.
func (b *batcher) write(packet []byte) {
	if b.waiting < len(b.out) {
		b.out[b.waiting].Buffers[0] = packet
		b.waiting++
	}
}

// flush sends the batch.
func (b *batcher) flush() error {
	defer func() { b.waiting = 0 }()
	for sent := 0; sent < b.waiting; {
		n, err := b.conn.WriteBatch(b.out[sent:b.waiting], 0)
		if err != nil {
			return err
		}
		sent += n
	}
	return nil
}

// read waits for packets and returns how many there are.
func (b *batcher) read() (int, error) { return b.conn.ReadBatch(b.in, 0) }

// packet returns the i-th packet that was read. It holds until the next read.
func (b *batcher) packet(i int) []byte { return b.in[i].Buffers[0][:b.in[i].N] }
