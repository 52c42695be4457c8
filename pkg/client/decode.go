package client

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func decodeAnnounce(body []byte) (Reply, error) {
	var b struct {
		refusal
		Warning     string        `bencode:"warning message"`
		Interval    int64         `bencode:"interval"`
		MinInterval int64         `bencode:"min interval"`
		Complete    int64         `bencode:"complete"`
		Incomplete  int64         `bencode:"incomplete"`
		ExternalIP  []byte        `bencode:"external ip"`
		Peers       bencode.Bytes `bencode:"peers"`
		Peers6      bencode.Bytes `bencode:"peers6"`
	}
	if err := decode(body, &b); err != nil {
		return Reply{}, err
	}
	if err := b.err(); err != nil {
		return Reply{}, err
	}
	r := Reply{
		Seeders:     count(b.Complete),
		Leechers:    count(b.Incomplete),
		Interval:    times(b.Interval, time.Second),
		MinInterval: times(b.MinInterval, time.Second),
		Warning:     b.Warning,
	}
	if ip, ok := netip.AddrFromSlice(b.ExternalIP); ok {
		r.ExternalIP = ip.Unmap()
	}
	var err error
	if r.Peers, err = appendPeers(r.Peers, b.Peers, 4); err != nil {
		return Reply{}, fmt.Errorf("peers: %w", err)
	}
	if r.Peers, err = appendPeers(r.Peers, b.Peers6, 16); err != nil {
		return Reply{}, fmt.Errorf("peers6: %w", err)
	}
	return r, nil
}

// appendScrape appends a result for each of hashes. Trackers leave out those they do not know.
func appendScrape(results []ScrapeResult, hashes []bittorrent.InfoHash, body []byte) ([]ScrapeResult, error) {
	type file struct {
		Complete   int64 `bencode:"complete"`
		Downloaded int64 `bencode:"downloaded"`
		Incomplete int64 `bencode:"incomplete"`
	}
	var b struct {
		refusal
		Files map[string]file `bencode:"files"`
	}
	if err := decode(body, &b); err != nil {
		return nil, err
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	for _, h := range hashes {
		f := b.Files[string(h[:])]
		results = append(results, ScrapeResult{h, count(f.Complete), count(f.Incomplete), count(f.Downloaded)})
	}
	return results, nil
}

// refusal is what a reply of either kind may turn out to be.
type refusal struct {
	Reason  *string       `bencode:"failure reason"`
	RetryIn bencode.Bytes `bencode:"retry in"` // minutes, or the word never
}

func (r refusal) err() error {
	if r.Reason == nil {
		return nil
	}
	e := &FailureError{Reason: *r.Reason}
	var minutes int64
	var word string
	switch {
	case bencode.Unmarshal(r.RetryIn, &minutes) == nil:
		e.RetryIn = times(minutes, time.Minute)
	case bencode.Unmarshal(r.RetryIn, &word) == nil:
		e.Never = word == "never"
	}
	return e
}

// decode reads one bencoded value. What follows it is let go: some trackers end with a line feed.
func decode(body []byte, v any) error {
	err := bencode.Unmarshal(body, v)
	if _, trailing := errors.AsType[bencode.ErrUnusedTrailingBytes](err); err == nil || trailing {
		return nil
	}
	return fmt.Errorf("reply: %.200s", strings.Map(printable, err.Error())) // which may repeat all of the reply
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// count returns n as a count of peers: some trackers send -1 for what they do not know.
func count(n int64) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

// times returns n units, and the longest duration of whole units rather than one that has wrapped.
func times(n int64, unit time.Duration) time.Duration {
	return time.Duration(min(max(n, 0), math.MaxInt64/int64(unit))) * unit
}
