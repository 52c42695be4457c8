// Package client announces to BitTorrent trackers and scrapes them, over udp, http, https, ws and
// wss URLs alike. A call is one announce or one scrape: nothing runs on afterwards, and when to announce
// again is the caller's decision.
//
// What a tracker sends is taken for hostile: replies are bounded in size, text from a tracker is
// quoted in errors, and an error names the tracker's host but never the path or the query of its
// URL, where passkeys are.
package client

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An Announcement is what a peer says of itself.
type Announcement struct {
	InfoHash bittorrent.InfoHash
	PeerID   bittorrent.PeerID
	Port     uint16 // where the peer can be reached; trackers refuse zero unless Event is Stopped

	Uploaded   uint64 // bytes, as are the next two
	Downloaded uint64
	Left       uint64 // zero makes a seeder

	Event   bittorrent.Event
	NumWant int32 // how many peers to ask for; zero leaves it to the tracker, below zero asks for none
}

// A Reply is a tracker's answer to an announce.
type Reply struct {
	Seeders, Leechers uint32

	Interval    time.Duration // until the next announce
	MinInterval time.Duration // before which not to announce again; zero when the tracker names none, as over UDP

	// Peers holds the peers of all families. Those that a tracker names by a host name are left out. There
	// are none over ws and wss, where peers have no addresses.
	Peers []netip.AddrPort

	ExternalIP netip.Addr // where the tracker saw the announce come from, if it tells (BEP 24)
	Warning    string     // any bytes, for the user; not over UDP
}

// A ScrapeResult holds the counts of one swarm, zeros if the tracker does not know it.
type ScrapeResult struct {
	InfoHash                     bittorrent.InfoHash
	Seeders, Leechers, Completed uint32
}

// Announce announces once to the tracker at trackerURL. A refusal is a *FailureError.
//
// Over ws and wss the peer is one that speaks WebRTC, and nobody can connect to it: it offers nothing and
// answers nobody. It is in the swarm until the call returns, since trackers keep such a peer for as long
// as its socket is open, and Port means nothing.
func Announce(ctx context.Context, trackerURL string, a Announcement, opts Options) (Reply, error) {
	u, err := parseURL(trackerURL)
	if err != nil {
		return Reply{}, fmt.Errorf("announce %v: %w", a.InfoHash, err)
	}
	ctx, cancel := opts.bound(ctx, u.Scheme)
	defer cancel()
	var r Reply
	switch u.Scheme {
	case "udp":
		r, err = announceUDP(ctx, u, a, opts)
	case "ws", "wss":
		r, err = announceWS(ctx, u, a, opts)
	default:
		r, err = announceHTTP(ctx, u, a, opts)
	}
	if err != nil {
		return Reply{}, fmt.Errorf("announce %v: %s: %w", a.InfoHash, u.Host, plainly(ctx, err))
	}
	return r, nil
}

// Scrape asks the tracker at trackerURL, its announce URL, for the counts of swarms and returns them
// in the order of hashes, with as many requests as that takes. A refusal is a *FailureError.
func Scrape(ctx context.Context, trackerURL string, hashes []bittorrent.InfoHash, opts Options) ([]ScrapeResult, error) {
	u, err := parseURL(trackerURL)
	if err != nil {
		return nil, fmt.Errorf("scrape: %w", err)
	}
	if len(hashes) == 0 {
		return nil, errors.New("scrape: no info hash is given")
	}
	ctx, cancel := opts.bound(ctx, u.Scheme)
	defer cancel()
	var results []ScrapeResult
	switch u.Scheme {
	case "udp":
		results, err = scrapeUDP(ctx, u, hashes, opts)
	case "ws", "wss":
		results, err = scrapeWS(ctx, u, hashes, opts)
	default:
		results, err = scrapeHTTP(ctx, u, hashes, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("scrape: %s: %w", u.Host, plainly(ctx, err))
	}
	return results, nil
}

// schemes are those of the trackers that this package speaks to.
var schemes = []string{"udp", "http", "https", "ws", "wss"}

// parseURL accepts the URLs of trackers that this package speaks to.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if e, ok := errors.AsType[*url.Error](err); ok {
		return nil, fmt.Errorf("tracker URL: %w", e.Err) // e itself shows the URL, passkey and all
	}
	switch {
	case !slices.Contains(schemes, u.Scheme):
		return nil, fmt.Errorf("tracker URL: scheme %q is none of %s", u.Scheme, strings.Join(schemes, ", "))
	case u.Hostname() == "":
		return nil, errors.New("tracker URL: no host")
	case u.Scheme == "udp" && u.Port() == "":
		return nil, errors.New("tracker URL: udp has no default port; give one")
	}
	return u, nil
}
