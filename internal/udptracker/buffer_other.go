//go:build !linux

package udptracker

import "net"

// setReceiveBuffer asks for a receive buffer of size bytes and returns it, or zero when it was
// refused.
func setReceiveBuffer(conn *net.UDPConn, size int) (got int) {
	if conn.SetReadBuffer(size) != nil {
		return 0
	}
	return size
}
