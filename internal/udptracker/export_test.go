package udptracker

import (
	"context"
	"net/netip"
	"time"
)

// Handler returns what answers the packets of one socket, without the socket: a packet and its
// source in, the reply out, which is good until the next call. An empty one means silence.
func (f *Frontend) Handler() func(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
	s := newSocket(f, nil)
	s.now = time.Now()
	return func(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
		s.replies = s.replies[:0]
		return s.answer(ctx, packet, from)
	}
}
