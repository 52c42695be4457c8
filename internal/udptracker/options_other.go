//go:build !linux

package udptracker

import (
	"net"
	"syscall"
)

// manySockets says whether sockets may share an address so that clients are spread over them. That
// is Linux' own.
const manySockets = false

func sharePort(_, _ string, _ syscall.RawConn) error { return nil }

// setReceiveBuffer asks for a receive buffer of size bytes. What came of it only Linux tells.
func setReceiveBuffer(conn *net.UDPConn, size int) (got int) {
	if conn.SetReadBuffer(size) != nil {
		return 0
	}
	return size
}

// setSendBuffer is setReceiveBuffer for the send buffer.
func setSendBuffer(conn *net.UDPConn, size int) (got int) {
	if conn.SetWriteBuffer(size) != nil {
		return 0
	}
	return size
}

// askForDestinations would have replies leave from where their requests came to; only Linux can.
func askForDestinations(*net.UDPConn) error { return nil }
