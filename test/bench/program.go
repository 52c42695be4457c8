//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A program is what to run, and how.
type program struct {
	args []string // the first is its name
	env  []string // beside what all get
	as   *syscall.Credential
}

// command makes the command of p on the given processors. It is killed with all it starts when ctx
// ends or this program dies. Settings of Starling in our own environment do not reach it.
func (p program) command(ctx context.Context, cores []int, dir string) *exec.Cmd {
	args := p.args
	if len(cores) > 0 {
		list := strings.Trim(strings.ReplaceAll(fmt.Sprint(cores), " ", ","), "[]")
		args = append([]string{"taskset", "-c", list}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // contestants are programs to run
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "STARLING_") || strings.HasPrefix(v, "GOMAXPROCS=")
	}), p.env...)
	// The kernel forgets who to kill when a process changes its user, so it must not do that itself.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: p.as}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

// output runs p in dir, and returns what it wrote, without the space around it.
func output(ctx context.Context, p program, cores []int, dir string) (string, error) {
	cmd := p.command(ctx, cores, dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w: %s", strings.Join(p.args[:min(3, len(p.args))], " "), err, lastWords(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// lastWords is the end of a text, in one line that fits a table's notes.
func lastWords(text string) string {
	words := strings.Join(strings.Fields(text), " ")
	const most = 300
	if len(words) > most {
		words = "…" + strings.ToValidUTF8(words[len(words)-most:], "")
	}
	return words
}

// processors are those that this program may use, in order.
func processors() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	var all []int
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all, nil
}
