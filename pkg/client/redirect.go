package client

import (
	"errors"
	"fmt"
	"net/http"
)

// maxRedirections is how many are followed of one request.
const maxRedirections = 10

// redirecting returns a client that follows redirections within http and https, and tells nobody
// whence they came: that URL holds a passkey.
func redirecting(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: readableLocations{transport},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirections {
				return fmt.Errorf("more than %d redirections", maxRedirections)
			}
			if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
				return errors.New("redirected to what is neither http nor https")
			}
			req.Header.Del("Referer")
			return nil
		},
	}
}

// readableLocations refuses redirections to what is no URL, of which net/http's own error would show
// all: mostly the path that was asked for.
type readableLocations struct{ http.RoundTripper }

func (t readableLocations) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	if err != nil || resp.StatusCode < 300 || resp.StatusCode > 399 {
		return resp, err
	}
	if _, err := resp.Location(); err != nil && !errors.Is(err, http.ErrNoLocation) {
		_ = resp.Body.Close()
		return nil, errors.New("redirected to an unreadable location")
	}
	return resp, nil
}
