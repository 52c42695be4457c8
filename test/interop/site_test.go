package interop_test

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// A site is two replicas over one Redis behind a proxy, which has the tracker's address and a certificate for it.
type site struct {
	replicas    [2]*starlingtest.Server
	ops         string // port of the operators at both
	plain, tls  string // addresses of the proxy
	authority   *redistest.Authority
	certificate string // file, PEM, as is the key
	key         string
}

// proxyTimeout takes the place of the two minutes for which proxies let a socket be idle.
const proxyTimeout = 6 * time.Second

// openSite starts the replicas with the flags, and the proxy before them. Without the proxy t is skipped, or fails,
// as needClients says.
func openSite(t *testing.T, p proxy, flags ...string) *site {
	t.Helper()
	if _, err := exec.LookPath(system(p.program)); err != nil {
		skip(t, err.Error())
	}
	s := &site{
		ops:       strconv.Itoa(int(nextPort())),
		plain:     addrPort(trackerHost.ipv4, nextPort()),
		tls:       addrPort(trackerHost.ipv4, nextPort()),
		authority: redistest.NewAuthority(t),
	}
	s.certificate, s.key = s.authority.Issue(trackerHost.ipv4)
	flags = append(flags, "--redis.url="+redistest.Start(t).URL())
	for i, h := range replicaHosts {
		s.replicas[i] = starlingtest.Launch(t, os.Getenv(namespaceVar), addrPort(h.ipv4, 0), append(flags,
			"--ops.listen="+net.JoinHostPort(h.ipv4, s.ops),
			"--http.trusted_proxies="+trackerHost.ipv4,
		)...)
	}
	for _, r := range s.replicas {
		r.AwaitReady(t)
	}
	p.start(t, s)
	for _, addr := range []string{s.plain, s.tls} {
		eventually(t, "connection to "+addr, true, func() bool {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				return false
			}
			conn.Close()
			return true
		})
	}
	return s
}
