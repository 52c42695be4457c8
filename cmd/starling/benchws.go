package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/starling-tracker/starling/internal/load"
)

type benchWSCmd struct {
	URLs     []string      `arg:"" name:"URL" help:"ws:// URLs of the trackers; the sockets of each swarm take turns among them, so they should share their swarms."`
	Sockets  int           `name:"sockets" default:"1000" help:"Sockets, each of them one browser in one swarm. All of them announce once before anything counts."`
	Swarms   int           `name:"swarms" aliases:"torrents" default:"20" help:"Swarms (torrents)."`
	Seeders  float64       `name:"seeders" default:"0.5" help:"Share of the browsers that are seeders, 0 to 1."`
	Cross    bool          `name:"cross" help:"Connect the seeders of a swarm to one URL and its leechers to the others, and let seeders alone announce: all offers and answers then go from one replica to another."`
	Offers   int           `name:"offers" default:"5" help:"Offers of an announce."`
	SDPBytes int           `name:"sdp-bytes" default:"750" help:"Size of the SDP of an offer and of an answer."`
	Answers  float64       `name:"answers" default:"1" help:"Share of the offers that their receivers answer, 0 to 1."`
	Window   int           `name:"window" default:"64" help:"Announces under way at once, of all sockets. With an interval this is so of the first announces alone."`
	Interval time.Duration `name:"interval" default:"0s" help:"Each socket announces once an interval. Zero: whenever another announce has its reply and its answers."`
	Warmup   time.Duration `name:"warmup" default:"2s" help:"How long to announce with offers before anything counts."`
	Duration time.Duration `name:"duration" default:"10s" help:"How long to count."`
	Timeout  time.Duration `name:"timeout" default:"5s" help:"After how long replies, offers and answers count as lost."`
	Seed     uint64        `name:"seed" default:"1" help:"Another seed makes other info hashes and other choices."`
	PIDs     []int         `name:"pid" placeholder:"PID" help:"Processes whose CPU time an announce and memory a socket are told: the tracker's. May be repeated."`
	Sources  []netip.Addr  `name:"source" placeholder:"ADDRESS" help:"Local addresses to connect from, in turns; each has ports for about 28000 sockets. May be repeated."`
	Network  string        `name:"network" enum:"4,6,any" default:"any" help:"Reach the trackers over IPv4 (4), IPv6 (6) or either (any)."`
	JSON     bool          `name:"json" help:"Print JSON."`
}

// Help follows the first line of starling bench ws --help.
func (*benchWSCmd) Help() string {
	return "An announce is done when its reply came and an answer to each of its offers; what is missing after the timeout is lost. " +
		"Give --pid of the tracker and compare its CPU time an announce, which has all of that in it: " +
		"announces a second depend on what else the machine does. " +
		"Only load trackers that are yours. "
}

// Run loads, and prints what was measured, also when it was interrupted.
func (c *benchWSCmd) Run(ctx context.Context, out io.Writer) error {
	opts := load.WebSocketOptions{
		Targets: c.URLs, Sources: c.Sources, Sockets: c.Sockets, Swarms: c.Swarms, Seeders: c.Seeders, Cross: c.Cross,
		Offers: c.Offers, SDPBytes: c.SDPBytes, Answers: c.Answers, Window: c.Window, Interval: c.Interval, Seed: c.Seed,
		Timeout: c.Timeout, Warmup: c.Warmup, Length: c.Duration, PIDs: c.PIDs,
	}
	if c.Network != "any" {
		opts.Network = c.Network
	}
	progress, end := showProgress(browsersProgress)
	defer end()
	opts.Progress = progress
	report, err := load.RunWebSocket(ctx, opts)
	if err != nil {
		return interrupted(err)
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(report)
	}
	return printBrowsers(out, report)
}

func browsersProgress(p load.Progress) string {
	line := fmt.Sprintf("%d announces, %v left", p.Done, p.Left.Round(time.Second))
	switch {
	case p.Warming && p.Of > 0:
		line = fmt.Sprintf("announcing browsers: %d of %d", p.Done, p.Of)
	case p.Warming:
		line = "warming up: " + line
	}
	if p.Problems > 0 {
		line += fmt.Sprintf(", %d lost or failed", p.Problems)
	}
	return line
}
