package udptracker

import (
	"context"
	"net/netip"
)

// Handler returns what answers the packets of one socket, without the socket: a packet and its
// source in, the reply out, which is good until the next call. An empty one means silence.
func (f *Frontend) Handler() func(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
	return newSocket(f, nil).handle
}

// Answer answers a packet on the first socket, as its loop does.
func (f *Frontend) Answer(ctx context.Context, packet []byte, from netip.AddrPort) {
	newSocket(f, f.conns[0]).answer(ctx, packet, from)
}
