package client

import (
	"errors"
	"net/url"
	"strings"
)

// errNoScrapeURL is all that can be said of a tracker outside the convention of BEP 48: it may well
// answer scrapes, but nobody knows where.
var errNoScrapeURL = errors.New(`no scrape URL: the path has no "/announce" that could be "/scrape" (BEP 48)`)

// ScrapeURL derives the scrape URL from an announce URL (BEP 48, "Scrape convention"). It looks at
// the path alone, where BEP 48 would also stumble over a slash in the query, and it finds announce
// before a last part that is a passkey, too.
func ScrapeURL(u *url.URL) (*url.URL, error) {
	const from, to = "/announce", "/scrape"
	path := u.EscapedPath()
	i := strings.LastIndex(path, from)
	if i < 0 {
		return nil, errNoScrapeURL
	}
	path = path[:i] + to + path[i+len(from):]
	scrape := *u
	scrape.RawPath = path
	var err error
	scrape.Path, err = url.PathUnescape(path)
	return &scrape, err
}
