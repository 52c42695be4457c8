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
		a.announces(ctx)
		a.scrapeAll(ctx)
		return reply
	}
}

// Together answers packets from one source as a batch, in their order, and nil where it is silent.
func (f *Frontend) Together(ctx context.Context, packets [][]byte, from netip.AddrPort) [][]byte {
	replies := make([][]byte, len(packets))
	a := newAnswerer(f, func(i int, r []byte) { replies[i] = r })
	a.begin()
	for i, packet := range packets {
		a.first(i, packet, from)
	}
	a.announces(ctx)
	a.scrapeAll(ctx)
	return replies
}
