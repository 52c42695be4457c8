//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
)

// An entry is a row of a table: a contestant and how it is loaded.
type entry struct {
	name    string
	version string
	load    load
	cores   []int // it runs on
	// replicas is how many processes of it there are, all of which are loaded and count; zero: one.
	replicas int
	// command tells how to start it there. It may write settings into the site's folder.
	command func(ctx context.Context, at site) (program, error)
	// backend is what has to run before it, and counts with it; nil: nothing. It listens on the site's
	// other port, over TCP.
	backend func(at site) program
}

// A table compares entries. Its notes say what its figures do not.
type table struct {
	name    string
	base    string // the entry that others are compared with
	floor   string // the entry that all are compared with; may be empty
	entries []entry
	notes   []string
	// browsers says that a request is an announce over WebSocket with all that follows from it.
	browsers bool
}

// told is what is said of one measurement while others go on.
func (t table) told(s *sample) string {
	if t.browsers {
		return fmt.Sprintf("%.2f us of CPU time an announce, %.1f answers, %.0f announces a second, %.1f KiB a socket",
			s.CPU, s.Peers, s.Rate, s.Memory/(1<<10))
	}
	return fmt.Sprintf("%.2f us of CPU time an answer, %.1f peers, %.0f answers a second", s.CPU, s.Peers, s.Rate)
}

// A site is where a contestant runs once.
type site struct {
	dir  string // empty, its working directory, which everybody may read
	port int    // to listen on, over the load's protocol

	backendPort int
	load        load
	// writeHashes writes the load's info hashes into a file, one a line.
	writeHashes func(ctx context.Context, path string) error
}

func (s site) address() string { return net.JoinHostPort(loopback, strconv.Itoa(s.port)) }

func (s site) backendAddress() string { return net.JoinHostPort(loopback, strconv.Itoa(s.backendPort)) }

func (s site) path(name string) string { return filepath.Join(s.dir, name) }
