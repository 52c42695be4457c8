// Package client announces to BitTorrent trackers and scrapes them, over udp, http and https URLs
// alike. A call is one announce or one scrape: nothing runs on afterwards, and when to announce
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

	// Peers holds the peers of all families. Those that a tracker names by a host name are left out.
	Peers []netip.AddrPort

	ExternalIP netip.Addr // where the tracker saw the announce come from, if it tells (BEP 24)
	Warning    string     // any bytes, for the user; HTTP only
}

// A ScrapeResult holds the counts of one swarm, zeros if the tracker does not know it.
type ScrapeResult struct {
	InfoHash                     bittorrent.InfoHash
	Seeders, Leechers, Completed uint32
}

// Announce announces once to the tracker at trackerURL. A refusal is a *FailureError.
func Announce(ctx context.Context, trackerURL string, a Announcement, opts Options) (Reply, error) {
	u, err := parseURL(trackerURL)
	if err != nil {
		return Reply{}, fmt.Errorf("announce %v: %w", a.InfoHash, err)
	}
	ctx, cancel := opts.bound(ctx, u.Scheme)
	defer cancel()
	var r Reply
	if u.Scheme == "udp" {
		r, err = announceUDP(ctx, u, a, opts)
	} else {
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
	if u.Scheme == "udp" {
		results, err = scrapeUDP(ctx, u, hashes, opts)
	} else {
		results, err = scrapeHTTP(ctx, u, hashes, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("scrape: %s: %w", u.Host, plainly(ctx, err))
	}
	return results, nil
}

// parseURL accepts the URLs of trackers that this package speaks to.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if e, ok := errors.AsType[*url.Error](err); ok {
		return nil, fmt.Errorf("tracker URL: %w", e.Err) // e itself shows the URL, passkey and all
	}
	switch {
	case u.Scheme != "udp" && u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("tracker URL: scheme %q is none of udp, http, https", u.Scheme)
	case u.Hostname() == "":
		return nil, errors.New("tracker URL: no host")
	case u.Scheme == "udp" && u.Port() == "":
		return nil, errors.New("tracker URL: udp has no default port; give one")
	}
	return u, nil
}
