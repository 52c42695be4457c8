package interop_test

import (
	"fmt"
	"net/netip"
	"os/exec"
	"sync/atomic"
)

// A host is a name for two addresses: the hosts of the namespace share its one device, but the
// tracker sees, and the clients use, addresses of each one's own.
type host struct{ ipv4, ipv6 string }

var (
	trackerHost = host{"10.9.0.1", "fd00:9::1"}
	seederHost  = host{"10.9.0.2", "fd00:9::2"}
	leecherHost = host{"10.9.0.3", "fd00:9::3"}

	// Behind a proxy, which is trackerHost then, each replica has a host.
	replicaHosts = [2]host{{"10.9.0.4", "fd00:9::4"}, {"10.9.0.5", "fd00:9::5"}}
)

// addHosts brings the loopback device up with the addresses of all hosts.
func addHosts() error {
	commands := [][]string{{"link", "set", "lo", "up"}}
	for _, h := range []host{trackerHost, seederHost, leecherHost, replicaHosts[0], replicaHosts[1]} {
		commands = append(commands,
			[]string{"addr", "add", h.ipv4 + "/24", "dev", "lo"},
			[]string{"addr", "add", h.ipv6 + "/64", "dev", "lo", "nodad"})
	}
	for _, args := range commands {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}

// addr is the address of the given family ("ipv4" or "ipv6").
func (h host) addr(family string) string {
	if family == "ipv6" {
		return h.ipv6
	}
	return h.ipv4
}

// ports counts those given out.
var ports atomic.Uint32

// nextPort is for clients that cannot listen on port 0 and say where they do. It counts from below
// the ephemeral range: nobody else is in the namespace, so what it returns is free.
func nextPort() uint16 { return uint16(20000 + ports.Add(1)) }

func addrPort(addr string, port uint16) string {
	return netip.AddrPortFrom(netip.MustParseAddr(addr), port).String()
}
