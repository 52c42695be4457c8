//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Everything that the process started holds the pipe, which ends when the last of them has.
func TestStopEndsAllThatAProcessStarted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), program{args: []string{"sh", "-c", "exec 3>pipe; sleep 60 & echo started >&3; wait"}}, nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	pipe, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	pipe.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := pipe.Read(make([]byte, len("started\n"))); err != nil {
		t.Fatal(err)
	}
	p.stop()
	if _, err := pipe.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the pipe that its children hold: got %v, want its end", err)
	}
}

func TestProcessThatEndsIsNotWaitedFor(t *testing.T) {
	p, err := start(t.Context(), program{args: []string{"sh", "-c", "echo the port is taken >&2; exit 1"}}, nil, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	port, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort(loopback, strconv.Itoa(port))
	for _, protocol := range []string{"udp", "http"} {
		if err := p.ready(t.Context(), protocol, address); err == nil || err.Error() != "it ended: the port is taken" {
			t.Errorf("%s: got %v, want that it ended, and what it wrote", protocol, err)
		}
	}
}

func TestProgramsHaveTheirProcessorsAndNoneOfOurSettings(t *testing.T) {
	t.Setenv("STARLING_LOG_LEVEL", "debug")
	t.Setenv("GOMAXPROCS", "7")
	all, err := processors()
	if err != nil || len(all) == 0 {
		t.Fatalf("got processors %v (%v), want some", all, err)
	}
	last := all[len(all)-1:]
	p := program{args: []string{"sh", "-c", "env; grep Cpus_allowed_list /proc/self/status"}, env: []string{"GOMAXPROCS=1"}}
	text, err := output(t.Context(), p, last, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	for line, want := range map[string]bool{
		"STARLING_LOG_LEVEL=debug": false, "GOMAXPROCS=7": false, "GOMAXPROCS=1": true,
		"Cpus_allowed_list:\t" + strconv.Itoa(last[0]): true,
	} {
		if got := slices.Contains(lines, line); got != want {
			t.Errorf("%q in what it sees: got %t, want %t", line, got, want)
		}
	}
}

func TestLastWordsAreOneShortLine(t *testing.T) {
	if got, want := lastWords("  first\n\tsecond \n"), "first second"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := lastWords(strings.Repeat("é", 1000) + " end"); len(got) > 310 || !strings.HasSuffix(got, " end") {
		t.Errorf("got %d bytes, ending in %q, want about 300 that end in the end", len(got), got[max(0, len(got)-5):])
	}
}
