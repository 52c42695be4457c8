package interop_test

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A server is a running Starling and where it listens, one address a family.
type server struct {
	*process

	http, udp map[string]string // by family
}

// startServer runs the binary with everything at its defaults but the addresses.
func startServer(t *testing.T) *server {
	t.Helper()
	both := addrPort(trackerHost.ipv4, 0) + "," + addrPort(trackerHost.ipv6, 0)
	s := &server{
		process: start(t, os.Getenv(namespaceVar), "serve", "--http.listen="+both, "--udp.listen="+both,
			"--ops.listen=127.0.0.1:0", "--log.format=json"),
		http: make(map[string]string), udp: make(map[string]string),
	}
	eventually(t, "listeners of Starling", 4, func() int {
		s.readAddresses()
		return len(s.http) + len(s.udp)
	})
	return s
}

// readAddresses learns the ports from the log.
func (s *server) readAddresses() {
	for line := range strings.Lines(s.output()) {
		var entry struct{ Msg, Proto, Addr string }
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "listening" {
			continue
		}
		family := "ipv4"
		if strings.HasPrefix(entry.Addr, "[") {
			family = "ipv6"
		}
		switch entry.Proto {
		case "http":
			s.http[family] = entry.Addr
		case "udp":
			s.udp[family] = entry.Addr
		}
	}
}

// announce returns the URL a torrent needs to use proto in a family.
func (s *server) announce(proto, family string) string {
	if proto == "udp" {
		return "udp://" + s.udp[family] + "/announce"
	}
	return "http://" + s.http[family] + "/announce"
}

func (s *server) stop(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGTERM)
}
