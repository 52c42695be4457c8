package client

import (
	"context"
	"net/netip"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// WithClock replaces the clock that tells the age of connection IDs.
func (o Options) WithClock(now func() time.Time) Options { o.now = now; return o }

// WithLookup replaces name resolution.
func (o Options) WithLookup(lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)) Options {
	o.lookup = lookup
	return o
}

// Wait is how long a try waits for its reply.
func (o Options) Wait(try int) time.Duration { return o.wait(try) }

func DecodeAnnounce(body []byte) (Reply, error) { return decodeAnnounce(body) }

func DecodeScrape(hashes []bittorrent.InfoHash, body []byte) ([]ScrapeResult, error) {
	return appendScrape(nil, hashes, body)
}
