//go:build linux

package main

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// loopback is the address that contestants listen on.
const loopback = "127.0.0.1"

// freePort returns a port that nobody listens on, over TCP or UDP. Somebody may take it before a
// contestant does, which then is not measured in that round.
func freePort(ctx context.Context) (int, error) {
	var config net.ListenConfig
	for {
		l, err := config.Listen(ctx, "tcp4", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return 0, err
		}
		address := l.Addr().String()
		conn, err := config.ListenPacket(ctx, "udp4", address)
		_ = l.Close()
		if err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			continue // somebody uses it over UDP
		}
		_ = conn.Close()
		_, port, _ := net.SplitHostPort(address)
		return strconv.Atoi(port)
	}
}

// answers reports whether somebody answers at address: a connect over UDP, a connection over TCP.
func answers(ctx context.Context, protocol, address string) bool {
	network := "tcp"
	if protocol == "udp" {
		network = "udp"
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if network == "tcp" {
		return true
	}
	const transactionID = 0x5ca1ab1e
	_ = conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := conn.Write(udpproto.AppendConnectRequest(nil, transactionID)); err != nil {
		return false
	}
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		return false
	}
	action, id, ok := udpproto.ParseReplyHeader(answer[:n])
	return ok && action == udpproto.ActionConnect && id == transactionID
}
