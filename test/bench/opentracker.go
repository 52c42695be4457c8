//go:build linux

package main

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// opentracker is the C tracker, as distributions build it: it tracks only the swarms of a list.
func (b *bench) opentracker(ctx context.Context) contestant {
	c := contestant{name: "opentracker", serves: []string{"udp", "http"}, closes: true}
	binary, err := exec.LookPath("opentracker")
	if err != nil {
		c.absent = b.whyAbsent(c.name)
		return c
	}
	c.version, _ = b.output(ctx, program{args: []string{"dpkg-query", "-W", "-f", "${Version}", "opentracker"}})
	c.version = cmp.Or(c.version, "of unknown version")
	c.command = func(ctx context.Context, at site) (program, error) {
		const list = "hashes" // relative to -d
		if err := at.writeHashes(ctx, at.path(list)); err != nil {
			return program{}, err
		}
		// One loop, which is the default, serves both protocols.
		port := strconv.Itoa(at.port)
		p := program{args: []string{binary, "-i", loopback, "-p", port, "-P", port, "-d", at.dir, "-w", list}}
		if os.Getuid() == 0 {
			// It gives up root by itself, but then would outlive us.
			const nobody = 65534
			p.as = &syscall.Credential{Uid: nobody, Gid: nobody}
		}
		return p, nil
	}
	return c
}
