package client_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

func TestHTTPRefusalsAreFailures(t *testing.T) {
	for _, row := range []struct {
		body string
		want client.FailureError
		text string
	}{
		{"d14:failure reason2:noe", client.FailureError{Reason: "no"}, `refused: "no"`},
		{"d14:failure reason0:e", client.FailureError{}, `refused: ""`},
		{
			"d14:failure reason2:no8:intervali60e8:retry ini30ee",
			client.FailureError{Reason: "no", RetryIn: 30 * time.Minute},
			`refused: "no", to be tried again in 30m0s`,
		},
		{
			"d14:failure reason2:no8:retry in5:nevere",
			client.FailureError{Reason: "no", Never: true},
			`refused: "no", never to be tried again`,
		},
		{"d14:failure reason2:no8:retry in4:soone", client.FailureError{Reason: "no"}, `refused: "no"`},
		{"d14:failure reason2:no8:retry inlee", client.FailureError{Reason: "no"}, `refused: "no"`},
		{"d14:failure reason2:no8:retry ini-5ee", client.FailureError{Reason: "no"}, `refused: "no"`},
		{
			"d14:failure reason2:no8:retry ini9223372036854775807ee",
			client.FailureError{Reason: "no", RetryIn: 153722867 * time.Minute},
			`refused: "no", to be tried again in 2562047h47m0s`,
		},
		{"d14:failure reason6:\x1b[1m\xffge", client.FailureError{Reason: "\x1b[1m\xffg"}, `refused: "\x1b[1m\xffg"`},
	} {
		base := serveHTTP(t, "127.0.0.1", body(row.body))
		_, announced := client.Announce(t.Context(), base+"/announce", announcement, client.Options{})
		_, scraped := client.Scrape(t.Context(), base+"/announce", []bittorrent.InfoHash{hash}, client.Options{})
		for _, err := range []error{announced, scraped} {
			failure, ok := errors.AsType[*client.FailureError](err)
			if !ok || *failure != row.want || !strings.HasSuffix(err.Error(), ": "+row.text) {
				t.Errorf("%q: got error %v, want %+v and text %s", row.body, err, row.want, row.text)
			}
		}
	}
}

func TestFailureTextIsBounded(t *testing.T) {
	err := &client.FailureError{Reason: strings.Repeat("\x00", 1<<20)}
	if got := len(err.Error()); got > 1500 {
		t.Errorf("got %d bytes, want at most 1500", got)
	}
}
