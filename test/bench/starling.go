//go:build linux

package main

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
)

// buildStarling builds the tree that the working directory is in, as a release is built, and returns
// the binary's path.
func buildStarling(ctx context.Context, dir string) (string, error) {
	root, err := output(ctx, program{args: []string{"go", "list", "-m", "-f", "{{.Dir}}"}}, nil, "")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "starling")
	_, err = output(ctx, program{
		args: []string{"go", "build", "-trimpath", "-o", binary, "./cmd/starling"}, env: []string{"CGO_ENABLED=0"},
	}, nil, root)
	return binary, err
}

// starling serves one protocol with so many processors, and one socket on each, in memory unless a flag
// says otherwise.
func starling(binary string, processors int, flags ...func(site) string) func(context.Context, site) (program, error) {
	return func(_ context.Context, at site) (program, error) {
		udp, http := at.address(), ""
		if at.load.protocol != "udp" { // browsers come where HTTP does
			udp, http = "", at.address()
		}
		p := program{
			args: []string{
				binary, "serve", "--udp.listen=" + udp, "--http.listen=" + http, "--ops.listen=",
				"--udp.sockets=" + strconv.Itoa(processors), "--log.level=warn",
			},
			env: []string{"GOMAXPROCS=" + strconv.Itoa(processors)},
		}
		for _, flag := range flags {
			p.args = append(p.args, flag(at))
		}
		return p, nil
	}
}

// floor answers and tracks nothing, over the protocol of the load or a variant of it. It is this program.
func floor(binary string, variant ...string) func(context.Context, site) (program, error) {
	return func(_ context.Context, at site) (program, error) {
		protocol := at.load.protocol + strings.Join(variant, "")
		return program{
			args: []string{binary, "floor", protocol, at.address()},
			env:  []string{"GOMAXPROCS=1"},
		}, nil
	}
}
