package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/starling-tracker/starling/internal/load"
)

type benchCmd struct {
	UDP    benchUDPCmd    `cmd:"" help:"Load trackers with UDP announces (BEP 15)."`
	HTTP   benchHTTPCmd   `cmd:"" help:"Load trackers with HTTP announces."`
	WS     benchWSCmd     `cmd:"" name:"ws" help:"Load trackers with browsers that announce offers and answer them over WebSocket (WebTorrent)."`
	Hashes benchHashesCmd `cmd:"" help:"Print the info hashes of a load, for a tracker that must know them before."`
}

// population holds the flags that tell which swarms there are.
type population struct {
	Swarms int    `name:"swarms" aliases:"torrents" default:"10000" help:"Swarms (torrents)."`
	Seed   uint64 `name:"seed" default:"1" help:"Another seed makes other info hashes and other choices."`
}

type benchHashesCmd struct{ population }

// Run prints an info hash a line.
func (c *benchHashesCmd) Run(out io.Writer) error {
	if c.Swarms < 0 {
		return fmt.Errorf("swarms: %d is below zero", c.Swarms)
	}
	var page strings.Builder
	for _, h := range load.InfoHashes(c.Swarms, c.Seed) {
		page.WriteString(h.String())
		page.WriteByte('\n')
	}
	_, err := io.WriteString(out, page.String())
	return err
}

// benchFlags are what loads of all protocols share.
type benchFlags struct {
	URLs []string `arg:"" name:"URL" help:"Announce URLs of the trackers; clients take turns among them, so they should share their swarms."`
	population
	Peers    int           `name:"peers" default:"100" help:"Peers of each swarm. All of them announce once before anything counts."`
	Seeders  float64       `name:"seeders" default:"0.5" help:"Share of the peers that are seeders, 0 to 1."`
	Zipf     float64       `name:"zipf" default:"0" help:"Exponent of the swarms' popularity, such as 0.9. Zero: all are as popular."`
	NumWant  int           `name:"numwant" default:"50" help:"Peers to ask for."`
	Scrapes  float64       `name:"scrapes" default:"0" help:"Share of the requests that are scrapes, 0 to 1."`
	Duration time.Duration `name:"duration" default:"10s" help:"How long to count, after the peers have announced."`
	Timeout  time.Duration `name:"timeout" default:"1s" help:"After how long a request counts as lost."`
	PIDs     []int         `name:"pid" placeholder:"PID" help:"Processes whose CPU time an answer is told: the tracker's. May be repeated."`
	Sources  []netip.Addr  `name:"source" placeholder:"ADDRESS" help:"Local addresses to announce from, in turns; each can be 65535 peers of a swarm. May be repeated."`
	Network  string        `name:"network" enum:"4,6,any" default:"any" help:"Reach the trackers over IPv4 (4), IPv6 (6) or either (any)."`
	JSON     bool          `name:"json" help:"Print JSON."`
}

type benchUDPCmd struct {
	benchFlags
	Sockets int `name:"sockets" default:"8" help:"Sockets to send from."`
	Window  int `name:"window" default:"64" help:"Requests that each socket has out at once."`
}

type benchHTTPCmd struct {
	benchFlags
	Connections int  `name:"connections" default:"64" help:"Connections at once, each with one request out."`
	KeepAlive   bool `name:"keep-alive" default:"true" negatable:"" help:"Send all requests of a client on one connection, as proxies do, and not on one for each, as torrent clients do."`
}

const benchHelp = "A closed loop: who got an answer sends the next request. Every peer of every swarm announces once " +
	"before anything counts, and announces again while it does, so that swarms do not grow meanwhile. " +
	"Give --pid of the tracker and compare its CPU time an answer: answers a second depend on what else the machine does. " +
	"Only load trackers that are yours. "

// Help follows the first line of starling bench udp --help.
func (*benchUDPCmd) Help() string { return benchHelp }

// Help follows the first line of starling bench http --help.
func (*benchHTTPCmd) Help() string { return benchHelp }

// Run loads, and prints what was measured, also when it was interrupted.
func (c *benchUDPCmd) Run(ctx context.Context, out io.Writer) error {
	opts := c.options()
	opts.Clients, opts.Window = c.Sockets, c.Window
	return c.run(ctx, out, "udp", opts)
}

// Run loads, and prints what was measured, also when it was interrupted.
func (c *benchHTTPCmd) Run(ctx context.Context, out io.Writer) error {
	opts := c.options()
	opts.Clients, opts.KeepAlive, opts.Window = c.Connections, c.KeepAlive, 1
	return c.run(ctx, out, "http", opts)
}

func (c *benchFlags) options() load.Options {
	opts := load.Options{
		Targets: c.URLs, Sources: c.Sources, Swarms: c.Swarms, Peers: c.Peers, Seeders: c.Seeders, Zipf: c.Zipf,
		NumWant: c.NumWant, Scrapes: c.Scrapes, Seed: c.Seed, Timeout: c.Timeout, Length: c.Duration, PIDs: c.PIDs,
	}
	if c.Network != "any" {
		opts.Network = c.Network
	}
	return opts
}

func (c *benchFlags) run(ctx context.Context, out io.Writer, protocol string, opts load.Options) error {
	for _, url := range c.URLs {
		if !strings.HasPrefix(url, protocol+"://") {
			return fmt.Errorf("%s: starling bench %s wants %s:// URLs", url, protocol, protocol)
		}
	}
	progress, end := showProgress(progressLine)
	defer end()
	opts.Progress = progress
	report, err := load.Run(ctx, opts)
	if err != nil {
		return interrupted(err)
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(report)
	}
	return printLoad(out, report)
}

// showProgress returns what shows a load's progress on a terminal, nil if there is none, and what ends that.
func showProgress(line func(load.Progress) string) (show func(load.Progress), end func()) {
	if !isTerminal(os.Stderr) {
		return nil, func() {}
	}
	return func(p load.Progress) { _, _ = fmt.Fprintf(os.Stderr, "\r\x1b[K%s", line(p)) },
		func() { _, _ = fmt.Fprint(os.Stderr, "\r\x1b[K") }
}

// interrupted says so in place of an error that is an interrupt's.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted before anything was counted")
	}
	return err
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func progressLine(p load.Progress) string {
	line := fmt.Sprintf("%d answers, %v left", p.Done, p.Left.Round(time.Second))
	if p.Warming {
		line = fmt.Sprintf("announcing peers: %d of %d", p.Done, p.Of)
	}
	if p.Problems > 0 {
		line += fmt.Sprintf(", %d lost or refused", p.Problems)
	}
	return line
}
