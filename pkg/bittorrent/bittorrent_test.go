package bittorrent_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

func TestInfoHashTextRoundTrips(t *testing.T) {
	const text = "0123456789abcdef0123456789abcdef01234567"
	for _, in := range []string{text, strings.ToUpper(text), text + strings.Repeat("f", 24)} {
		h, err := bittorrent.ParseInfoHash(in)
		if err != nil {
			t.Fatalf("ParseInfoHash(%q): %v", in, err)
		}
		if h.String() != text {
			t.Errorf("ParseInfoHash(%q) got %v, want %v", in, h, text)
		}
		var again bittorrent.InfoHash
		out, err := h.MarshalText()
		if err != nil || again.UnmarshalText(out) != nil || again != h {
			t.Errorf("text %q did not read back as %v", out, h)
		}
	}
}

func TestParseInfoHashRefusesOtherText(t *testing.T) {
	for _, in := range []string{"", "01", strings.Repeat("0", 39), strings.Repeat("0", 41), strings.Repeat("g", 40)} {
		if h, err := bittorrent.ParseInfoHash(in); err == nil {
			t.Errorf("ParseInfoHash(%q) got %v, want an error", in, h)
		}
		kept := bittorrent.InfoHash{1}
		if kept.UnmarshalText([]byte(in)) == nil || kept != (bittorrent.InfoHash{1}) {
			t.Errorf("UnmarshalText(%q) changed the hash to %v", in, kept)
		}
	}
}

func TestEventsHaveTheirWireNames(t *testing.T) {
	want := map[bittorrent.Event]string{
		bittorrent.None: "none", bittorrent.Completed: "completed", bittorrent.Started: "started",
		bittorrent.Stopped: "stopped", bittorrent.Paused: "paused", 9: "event 9",
	}
	for e, name := range want {
		if e.String() != name {
			t.Errorf("Event(%d) got %q, want %q", uint8(e), e, name)
		}
	}
}

func TestPeerIDPrintsAsHexadecimal(t *testing.T) {
	id := bittorrent.PeerID{0: '-', 1: 0xff, 19: 1}
	if got, want := id.String(), "2dff000000000000000000000000000000000001"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
