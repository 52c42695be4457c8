package udptracker

import (
	"context"
	"log/slog"
	"net"

	"github.com/starling-tracker/starling/internal/listen"
)

// listen opens the sockets of one address.
func (f *Frontend) listen(ctx context.Context, address string) error {
	sockets := max(f.opts.Sockets, 1)
	if !manySockets {
		sockets = 1
	}
	if sockets > 1 {
		if err := f.isFree(ctx, address); err != nil {
			return err
		}
	}
	first := len(f.conns)
	for range sockets {
		if len(f.conns) > first {
			address = f.conns[first].LocalAddr().String() // the port is known now
		}
		if err := f.open(ctx, address, sockets > 1); err != nil {
			return err
		}
	}
	local, _ := f.conns[first].LocalAddr().(*net.UDPAddr)
	f.addrs = append(f.addrs, local.AddrPort())
	return nil
}

// isFree returns an error when somebody listens on address. Sockets that share an address would share
// it with those of another process of the same user, a tracker started twice by mistake, and each
// would have half of the clients.
func (f *Frontend) isFree(ctx context.Context, address string) error {
	var exclusive net.ListenConfig
	conn, err := exclusive.ListenPacket(ctx, listen.Network("udp", address), address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (f *Frontend) open(ctx context.Context, address string, shared bool) error {
	var lc net.ListenConfig
	if shared {
		lc.Control = sharePort
	}
	pc, err := lc.ListenPacket(ctx, listen.Network("udp", address), address)
	if err != nil {
		return err
	}
	conn, _ := pc.(*net.UDPConn)
	f.conns = append(f.conns, conn)
	if err := askForDestinations(conn); err != nil {
		return err
	}
	if want := f.opts.ReceiveBuffer; want > 0 {
		if got := setReceiveBuffer(conn, want); got < want {
			f.log.Info("the system allows less receive buffer than configured; see net.core.rmem_max",
				slog.Int("bytes", got))
		}
	}
	if want := f.opts.SendBuffer; want > 0 {
		if got := setSendBuffer(conn, want); got < want {
			f.log.Info("the system allows less send buffer than configured; see net.core.wmem_max",
				slog.Int("bytes", got))
		}
	}
	return nil
}
