// Command starling is a BitTorrent tracker in one binary, and the tools to look after it: clients
// that announce and scrape, and a check of its configuration.
//
// Commands write what they were asked for to standard output and everything else to standard
// error. The exit code is 0 when that worked, 2 when the command line cannot be understood, and 1
// for everything else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/starling-tracker/starling/internal/config"
)

const (
	exitFailed = 1
	exitUsage  = 2
)

type cli struct {
	Serve    serveCmd    `cmd:"" default:"withargs" group:"Tracker:" help:"Run a tracker; this is what starling does without a command."`
	Config   configCmd   `cmd:"" group:"Tracker:" help:"Check or print the configuration of a tracker."`
	Swarm    swarmCmd    `cmd:"" group:"Tracker:" help:"Show the peers that a running tracker, or Redis, has of a swarm."`
	Replicas replicasCmd `cmd:"" group:"Tracker:" help:"List the replicas that share a Redis."`
	Announce announceCmd `cmd:"" group:"Client:" help:"Announce to any tracker and show its reply."`
	Scrape   scrapeCmd   `cmd:"" group:"Client:" help:"Ask any tracker how many peers swarms have."`
	Bench    benchCmd    `cmd:"" group:"Client:" help:"Load any tracker and measure what it does."`
	Version  versionCmd  `cmd:"" group:"Other:" help:"Print the version of this binary."`
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2) // room for both that count, however close together
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		fmt.Fprintf(os.Stderr, "starling: second signal (%s); stopping at once\n", <-signals)
		os.Exit(exitFailed)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run runs one command until it is done or ctx is canceled, and returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	helped := false
	parser := kong.Must(&cli{},
		kong.Name("starling"),
		kong.Description("A BitTorrent tracker."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // kong exits for --help alone
		kong.Bind(config.Environment(environ)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(stdout, (*io.Writer)(nil)),
	)
	command, err := parser.Parse(args)
	if helped {
		return 0
	}
	if err == nil {
		err = command.Run()
	}
	return report(stderr, err)
}

// report prints a line for each thing that err says went wrong, and returns the exit code for it.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if problems, ok := errors.AsType[config.Problems](err); ok {
		for _, p := range problems {
			_, _ = fmt.Fprintf(stderr, "starling: %s\n", p)
		}
		return exitFailed
	}
	_, _ = fmt.Fprintf(stderr, "starling: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	if _, ok := errors.AsType[*kong.ParseError](err); ok {
		return exitUsage
	}
	return exitFailed
}
