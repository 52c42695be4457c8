package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"text/tabwriter"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

type announceCmd struct {
	URL      string              `arg:"" name:"URL" help:"The tracker's announce URL: udp://, http://, https://, ws:// or wss://."`
	InfoHash bittorrent.InfoHash `arg:"" name:"INFOHASH" help:"The swarm's info hash, 40 hexadecimal digits, or 64 of version 2."`
	Port     uint16              `name:"port" default:"6881" help:"Where the peer says it can be reached."`
	Left     uint64              `name:"left" default:"1" help:"How many bytes the peer still lacks; 0 makes it a seeder."`
	Event    string              `name:"event" enum:"none,started,completed,stopped,paused" default:"none" help:"Why the peer announces: none, started, completed, stopped or paused."`
	NumWant  int32               `name:"numwant" default:"-1" help:"Peers to ask for; -1 leaves it to the tracker."`
	PeerID   peerID              `name:"peer-id" placeholder:"ID" help:"20 characters, or 40 hexadecimal digits; random when not given."`
	probe
}

// probe holds the flags that announce and scrape share.
type probe struct {
	Network string        `name:"network" enum:"4,6,any" default:"any" help:"Reach the tracker over IPv4 (4), IPv6 (6) or either (any)."`
	Timeout time.Duration `name:"timeout" default:"10s" help:"How long to wait for the tracker."`
	JSON    bool          `name:"json" help:"Print JSON."`
}

// Help follows the first line of starling announce --help.
func (*announceCmd) Help() string {
	return "The tracker takes the announce for that of a real peer: until it expires, others are told that somebody can be " +
		"reached at this address and --port. To leave the swarm, announce again with the same --port and --event=stopped. " +
		"Over ws:// and wss:// the peer is one that speaks WebRTC: it offers nothing, has no port, learns of no peers' addresses, " +
		"and leaves the swarm when the command ends. " +
		"With --json the reply is one object: info_hash, seeders, leechers, interval and min_interval in seconds, " +
		"external_ip, warning, peers."
}

// Run announces once and prints the reply.
func (c *announceCmd) Run(ctx context.Context, out io.Writer) error {
	a := client.Announcement{
		InfoHash: c.InfoHash,
		PeerID:   bittorrent.PeerID(c.PeerID),
		Port:     c.Port,
		Left:     c.Left,
		Event:    eventNamed(c.Event),
		NumWant:  c.NumWant,
	}
	switch { // the client's zero is the flag's -1
	case c.NumWant < 0:
		a.NumWant = 0
	case c.NumWant == 0:
		a.NumWant = -1
	}
	if c.PeerID == (peerID{}) {
		a.PeerID = bittorrent.PeerID([]byte("-SG0001-" + rand.Text()[:12]))
	}
	r, err := client.Announce(ctx, c.URL, a, c.options())
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(out).Encode(announceReport{
			c.InfoHash, r.Seeders, r.Leechers, inSeconds(r.Interval), inSeconds(r.MinInterval),
			r.ExternalIP, r.Warning, append([]netip.AddrPort{}, r.Peers...),
		})
	}
	return printReply(out, r)
}

// An announceReport is what --json prints.
type announceReport struct {
	InfoHash    bittorrent.InfoHash `json:"info_hash"`
	Seeders     uint32              `json:"seeders"`
	Leechers    uint32              `json:"leechers"`
	Interval    int64               `json:"interval"`
	MinInterval int64               `json:"min_interval,omitempty"`
	ExternalIP  netip.Addr          `json:"external_ip,omitzero"`
	Warning     string              `json:"warning,omitempty"`
	Peers       []netip.AddrPort    `json:"peers"`
}

func inSeconds(d time.Duration) int64 { return int64(d / time.Second) }

// options leaves UDP time for three tries within the timeout: of 1, 2 and 4 sevenths.
func (p *probe) options() client.Options {
	opts := client.Options{Timeout: p.Timeout, RetryAfter: p.Timeout / 7, Tries: 3}
	if p.Network != "any" {
		opts.Network = p.Network
	}
	return opts
}

func printReply(out io.Writer, r client.Reply) error {
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	line := func(key string, value any) { _, _ = fmt.Fprintf(w, "%s\t%v\n", key, value) } // a Buffer takes all
	line("seeders", r.Seeders)
	line("leechers", r.Leechers)
	line("interval", r.Interval)
	if r.MinInterval > 0 {
		line("min interval", r.MinInterval)
	}
	if r.ExternalIP.IsValid() {
		line("external ip", r.ExternalIP)
	}
	if r.Warning != "" {
		line("warning", fmt.Sprintf("%q", r.Warning))
	}
	for _, p := range r.Peers {
		line("peer", p)
	}
	_ = w.Flush()
	_, err := out.Write(page.Bytes())
	return err
}

func eventNamed(name string) bittorrent.Event {
	for e := range bittorrent.Event(bittorrent.Events) {
		if e.String() == name {
			return e
		}
	}
	return bittorrent.None
}

// A peerID is a peer ID as users write it. Zero means that there is none.
type peerID bittorrent.PeerID

// UnmarshalText reads 20 characters, or 40 hexadecimal digits.
func (id *peerID) UnmarshalText(text []byte) error {
	raw := text
	if len(text) == 2*len(id) {
		var err error
		if raw, err = hex.DecodeString(string(text)); err != nil {
			return err
		}
	}
	if len(raw) != len(id) {
		return fmt.Errorf("%q is %d bytes long, want 20, or 40 hexadecimal digits", text, len(text))
	}
	copy(id[:], raw)
	return nil
}
