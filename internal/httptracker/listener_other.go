//go:build !linux

package httptracker

import "net"

// refuseHandshakes would stop new connections from being opened; only Linux can.
func refuseHandshakes(*net.TCPListener) {}
