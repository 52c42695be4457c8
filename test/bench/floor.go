//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// serveFloor answers over the protocol at address until ctx ends.
func serveFloor(ctx context.Context, protocol, address string) error {
	var config net.ListenConfig
	switch protocol {
	case "udp":
		conn, err := config.ListenPacket(ctx, "udp4", address)
		if err != nil {
			return err
		}
		return floorUDP(ctx, conn)
	case "http":
		config.KeepAlive, config.Control = -1, deferAccept
		l, err := config.Listen(ctx, "tcp4", address)
		if err != nil {
			return err
		}
		return floorHTTP(ctx, l)
	case "ws", "ws-gathered":
		l, err := config.Listen(ctx, "tcp4", address)
		if err != nil {
			return err
		}
		return floorWS(ctx, l, protocol == "ws-gathered")
	}
	return fmt.Errorf("floor %s: there are udp, http, ws and ws-gathered", protocol)
}

// deferAccept has connections accepted with their first request in them, and no probes sent over them,
// as Starling does.
func deferAccept(_, _ string, raw syscall.RawConn) error {
	const seconds = 5
	var inner error
	err := raw.Control(func(fd uintptr) {
		inner = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, seconds)
	})
	return errors.Join(err, inner)
}

// floorUDP answers datagrams that come over conn, which it closes when ctx ends.
func floorUDP(ctx context.Context, conn net.PacketConn) error {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer func() { _ = conn.Close() }()
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return fmt.Errorf("%T is not UDP", conn)
	}
	e, err := newEcho(udp)
	if err != nil {
		return err
	}
	if err := e.run(); ctx.Err() == nil {
		return err
	}
	return nil
}

// floorHTTP has net/http answer whatever is asked with the same body.
func floorHTTP(ctx context.Context, l net.Listener) error {
	body := constantBody()
	length := []string{strconv.Itoa(len(body))}
	text := []string{"text/plain"}
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"], w.Header()["Content-Length"] = text, length
			_, _ = w.Write(body)
		}),
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// constantBody is an announce's answer with as many peers as are asked for.
func constantBody() []byte {
	peers := constantPeers()
	return fmt.Appendf(nil, "d8:completei%de10:incompletei%de8:intervali1800e12:min intervali900e5:peers%d:%se",
		numWant, numWant, len(peers), peers)
}

// constantPeers are as many peers as are asked for, 6 bytes each.
func constantPeers() (peers []byte) {
	for i := range byte(numWant) {
		peers = append(peers, 127, 0, 0, 1, 0x1a, 0xe1+i%16)
	}
	return peers
}
