//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what the command line and the environment ask for.
type settings struct {
	experiment string // empty: the comparison
	rounds     int
	length     time.Duration // of what is counted of one contestant in one round
	limit      time.Duration // of one contestant in one round, all told
	udpSwarms  int
	httpSwarms int
	peers      int
	sockets    int      // of a load of browsers, in swarms of 50
	only       []string // words of the entries to measure; empty: all
	starling   string   // a binary; empty: built from the tree
	cache      string   // where the rivals are installed
	json       bool
}

// parseSettings reads flags, and what they do not say from ROUNDS, SECONDS and XDG_CACHE_HOME.
func parseSettings(args []string, env func(string) string, usage io.Writer) (settings, error) {
	s := settings{limit: 5 * time.Minute, udpSwarms: 10_000, httpSwarms: 1000, peers: 100, sockets: 1000}
	rounds, err1 := strconv.Atoi(or(env("ROUNDS"), "5"))
	seconds, err2 := strconv.ParseFloat(or(env("SECONDS"), "5"), 64)
	if err := errors.Join(err1, err2); err != nil {
		return s, fmt.Errorf("ROUNDS and SECONDS must be numbers: %w", err)
	}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(usage)
	f.IntVar(&s.rounds, "rounds", rounds, "how often each contestant is measured")
	f.Float64Var(&seconds, "seconds", seconds, "how long it is measured each time, after its peers have announced")
	f.DurationVar(&s.limit, "limit", s.limit, "how long one measurement may take with its peers' first announces")
	f.IntVar(&s.udpSwarms, "udp-swarms", s.udpSwarms, "swarms of a load over UDP")
	f.IntVar(&s.httpSwarms, "http-swarms", s.httpSwarms, "swarms of a load over HTTP")
	f.IntVar(&s.peers, "peers", s.peers, "peers of each swarm")
	f.IntVar(&s.sockets, "sockets", s.sockets, "sockets of a load of browsers; eight times as many of one that measures memory")
	f.StringVar(&s.experiment, "experiment", "", "cores (one processor or two), shapes (few large swarms, many small), redis (swarms in memory and in Redis), ws (browsers over WebSocket) or ws-memory (many of them), in place of the comparison")
	f.StringVar(&s.starling, "starling", "", "binary to measure and to load with; without it one is built from the tree")
	f.BoolVar(&s.json, "json", false, "print JSON")
	only := f.String("only", "", "words, with commas: measure only entries that have one of them in their name or table")
	quick := f.Bool("quick", false, "one round, a fifth of a second, few peers: shows that it works, and no more")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	s.length = time.Duration(seconds * float64(time.Second))
	if *quick {
		s.rounds, s.length, s.udpSwarms, s.httpSwarms, s.sockets = 1, time.Second/5, 20, 20, 2*swarmOfBrowsers
	}
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	s.cache = cacheDir(env)
	return s, s.check(f.Args())
}

func (s settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q: flags only, see -help", rest)
	case !slices.Contains([]string{"", "cores", "shapes", "redis", "ws", "ws-memory"}, s.experiment):
		return fmt.Errorf("-experiment %s: there are cores, shapes, redis, ws and ws-memory", s.experiment)
	case s.rounds < 1 || s.length <= 0 || s.limit <= 0:
		return errors.New("rounds, seconds and limit must be more than zero")
	case s.udpSwarms < 1 || s.httpSwarms < 1 || s.peers < 1:
		return errors.New("swarms and peers must be more than zero")
	case s.sockets < swarmOfBrowsers:
		return fmt.Errorf("-sockets %d: a swarm has %d", s.sockets, swarmOfBrowsers)
	case s.peers > 65535:
		return fmt.Errorf("-peers %d: one address has 65535 at most", s.peers)
	}
	return nil
}

// wants reports whether -only allows for an entry of a table.
func (s settings) wants(table, entry string) bool {
	return len(s.only) == 0 || slices.ContainsFunc(s.only, func(word string) bool {
		return strings.Contains(strings.ToLower(table+" "+entry), strings.ToLower(strings.TrimSpace(word)))
	})
}

// cacheDir is the folder that scripts/bench-deps installs into.
func cacheDir(env func(string) string) string {
	home := env("XDG_CACHE_HOME")
	if home == "" {
		home = filepath.Join(or(env("HOME"), os.TempDir()), ".cache")
	}
	return filepath.Join(home, "starling-bench")
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
