//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// patience is how long a contestant may take to answer for the first time.
const patience = 20 * time.Second

// A process is a contestant that runs.
type process struct {
	cmd  *exec.Cmd
	path string        // of what it wrote
	kill func()        // ends it, when it has not ended
	done chan struct{} // closed when it has ended
}

// start runs p in dir until stop is called or ctx ends.
func start(ctx context.Context, p program, cores []int, dir string) (*process, error) {
	out, err := os.Create(filepath.Join(dir, "output")) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	ctx, kill := context.WithCancel(ctx)
	cmd := p.command(ctx, cores, dir)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		kill()
		return nil, err
	}
	r := &process{cmd: cmd, path: out.Name(), kill: kill, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(r.done)
	}()
	return r, nil
}

// stop ends the process, and returns when it has ended.
func (p *process) stop() {
	p.kill()
	<-p.done
}

// ready waits until the process answers at address.
func (p *process) ready(ctx context.Context, protocol, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !answers(ctx, protocol, address) {
		select {
		case <-p.done:
			return fmt.Errorf("it ended: %s", or(p.lastWords(), "without a word"))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("it does not answer: %s", or(p.lastWords(), "nor says why")), ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// lastWords is the end of what the process wrote, in one line.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.path) //nolint:gosec // our own folder
	if err != nil {
		return err.Error()
	}
	return lastWords(string(text))
}
