package client

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// announceWS announces without offers: who has none joins all the same, and may be offered connections,
// which are let go. With the socket the peer leaves again.
func announceWS(ctx context.Context, u *url.URL, a Announcement, opts Options) (r Reply, err error) {
	request := wsproto.AnnounceRequest{
		InfoHash:   a.InfoHash,
		PeerID:     a.PeerID,
		Uploaded:   a.Uploaded,
		Downloaded: a.Downloaded,
		Left:       a.Left,
		Event:      a.Event,
		NumWant:    int(a.NumWant),
	}
	switch { // our zero is a numwant left out
	case a.NumWant == 0:
		request.NumWant = -1
	case a.NumWant < 0:
		request.NumWant = 0
	}
	err = overWS(ctx, u, opts, func(c *wsConn) error {
		m, err := c.roundTrip(ctx, wsproto.AppendAnnounce(nil, &request), func(m *wsproto.ServerMessage) bool {
			return m.Kind != wsproto.KindScrape && (m.InfoHash == a.InfoHash || !m.HasInfoHash)
		})
		if err != nil {
			return err
		}
		r = Reply{
			Seeders:     m.Complete,
			Leechers:    m.Incomplete,
			Interval:    times(int64(m.Interval), time.Second),
			MinInterval: times(int64(m.MinInterval), time.Second),
			Warning:     m.Warning,
		}
		return nil
	})
	return r, err
}

func scrapeWS(ctx context.Context, u *url.URL, hashes []bittorrent.InfoHash, opts Options) ([]ScrapeResult, error) {
	results := make([]ScrapeResult, 0, len(hashes))
	err := overWS(ctx, u, opts, func(c *wsConn) error {
		for some := range slices.Chunk(hashes, wsproto.MaxScrapeHashes) {
			m, err := c.roundTrip(ctx, wsproto.AppendScrapeRequest(nil, some), func(m *wsproto.ServerMessage) bool {
				return m.Kind != wsproto.KindReply
			})
			if err != nil {
				return err
			}
			files := make(map[bittorrent.InfoHash]wsproto.ScrapeFile, len(some))
			for _, f := range m.Files {
				files[f.InfoHash] = f
			}
			for _, h := range some { // trackers leave out those they do not know
				f := files[h]
				results = append(results, ScrapeResult{h, f.Complete, f.Incomplete, f.Downloaded})
			}
		}
		return nil
	})
	return results, err
}
