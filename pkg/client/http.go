package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// maxBodyBytes is far more than a tracker has to say: 1 MiB holds 170,000 compact peers.
const maxBodyBytes = 1 << 20

func announceHTTP(ctx context.Context, u *url.URL, a Announcement, opts Options) (Reply, error) {
	request := httpproto.AnnounceRequest{
		InfoHash:   a.InfoHash,
		PeerID:     a.PeerID,
		Port:       a.Port,
		Uploaded:   signed(a.Uploaded),
		Downloaded: signed(a.Downloaded),
		Left:       signed(a.Left),
		Event:      a.Event,
		NumWant:    a.NumWant,
	}
	switch { // our zero is a numwant left out
	case a.NumWant == 0:
		request.NumWant = httpproto.DefaultNumWant
	case a.NumWant < 0:
		request.NumWant = 0
	}
	transport, done := opts.transport()
	defer done()
	body, err := get(ctx, transport, withQuery(u, request.AppendQuery(nil)), opts)
	if err != nil {
		return Reply{}, err
	}
	return decodeAnnounce(body)
}

func scrapeHTTP(ctx context.Context, u *url.URL, hashes []bittorrent.InfoHash, opts Options) ([]ScrapeResult, error) {
	u, err := ScrapeURL(u)
	if err != nil {
		return nil, err
	}
	transport, done := opts.transport()
	defer done()
	results := make([]ScrapeResult, 0, len(hashes))
	for some := range slices.Chunk(hashes, httpproto.MaxScrapeHashes) {
		body, err := get(ctx, transport, withQuery(u, httpproto.AppendScrapeQuery(nil, some)), opts)
		if err != nil {
			return nil, err
		}
		if results, err = appendScrape(results, some, body); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// withQuery puts query behind the one that u has already, which often is a passkey and which some
// trackers look for in the first place.
func withQuery(u *url.URL, query []byte) string {
	with := *u
	if with.RawQuery != "" {
		with.RawQuery += "&"
	}
	with.RawQuery += string(query)
	return with.String()
}

// get returns the body of what is at target, redirections followed.
func get(ctx context.Context, transport http.RoundTripper, target string, opts Options) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, hideURL(err)
	}
	req.Header.Set("User-Agent", cmp.Or(opts.UserAgent, "starling"))
	resp, err := redirecting(transport).Do(req)
	if err != nil {
		return nil, hideURL(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, &StatusError{Code: resp.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBodyBytes+1)) // what it decompresses to counts
	if err != nil {
		return nil, fmt.Errorf("reply: %w", err)
	}
	if len(body) > maxBodyBytes {
		return nil, fmt.Errorf("reply is longer than %d bytes", maxBodyBytes)
	}
	return body, nil
}

// hideURL takes the URL out of an error of net/http: it holds passkeys.
func hideURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
