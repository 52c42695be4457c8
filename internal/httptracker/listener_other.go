//go:build !linux

package httptracker

import "net"

// awaitRequests would hand connections over once their first request is there; only Linux can.
func awaitRequests(*net.TCPListener) {}

// refuseHandshakes would stop new connections from being opened; only Linux can.
func refuseHandshakes(*net.TCPListener) {}
