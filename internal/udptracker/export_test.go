package udptracker

import (
	"context"
	"net/netip"
)

// Handler returns what answers the packets of one socket, without the socket: a packet and its
// source in, the reply out, which is good until the next call. An empty one means silence.
func (f *Frontend) Handler() func(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
	var reply []byte
	a := newAnswerer(f, func(_ int, r []byte) { reply = r })
	return func(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
		reply = nil
		a.begin()
		a.first(0, packet, from)
		a.later(ctx)
		return reply
	}
}
