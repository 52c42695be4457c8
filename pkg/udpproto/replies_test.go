package udpproto_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestRepliesShorterThanEightBytesHaveNoHeader(t *testing.T) {
	packet := vector(t, "error_reply")
	for length := range 8 {
		if a, id, ok := udpproto.ParseReplyHeader(packet[:length]); ok || a != 0 || id != 0 {
			t.Errorf("%d bytes: got %v, %#x, %v, want zeros, false", length, a, id, ok)
		}
	}
	if a, id, ok := udpproto.ParseReplyHeader(packet[:8]); !ok || a != udpproto.ActionError || id != 0xc0ffee04 {
		t.Errorf("8 bytes: got %v, %#x, %v, want error, 0xc0ffee04, true", a, id, ok)
	}
}

func TestEveryReplyHasItsActionAndTransaction(t *testing.T) {
	for name, want := range map[string]struct {
		action        udpproto.Action
		transactionID uint32
	}{
		"connect_reply":       {udpproto.ActionConnect, 0xc0ffee01},
		"announce_reply_ipv4": {udpproto.ActionAnnounce, 0xc0ffee02},
		"announce_reply_ipv6": {udpproto.ActionAnnounce, 0xc0ffee02},
		"scrape_reply":        {udpproto.ActionScrape, 0xc0ffee03},
		"error_reply":         {udpproto.ActionError, 0xc0ffee04},
	} {
		a, id, ok := udpproto.ParseReplyHeader(vector(t, name))
		if !ok || a != want.action || id != want.transactionID {
			t.Errorf("%s: got %v, %#x, %v, want %v, %#x, true", name, a, id, ok, want.action, want.transactionID)
		}
	}
}

// readReply tells what each parser makes of packet. One that is not of its kind leaves no trace.
func readReply(packet []byte) (kinds []udpproto.Action) {
	if _, ok := udpproto.ParseConnectReply(packet); ok {
		kinds = append(kinds, udpproto.ActionConnect)
	}
	if _, ok := new(udpproto.AnnounceReply).Parse(packet); ok {
		kinds = append(kinds, udpproto.ActionAnnounce)
	}
	if len(udpproto.AppendScrapeEntries(nil, packet)) > 0 {
		kinds = append(kinds, udpproto.ActionScrape)
	}
	if udpproto.ErrorText(packet) != "" {
		kinds = append(kinds, udpproto.ActionError)
	}
	return kinds
}

func TestNoReplyPassesForAnother(t *testing.T) {
	for want := range udpproto.Action(5) {
		packet := append([]byte{0, 0, 0, byte(want), 0xc0, 0xff, 0xee, 4}, strings.Repeat("text", 20)...)
		got := readReply(packet)
		if want > udpproto.ActionError {
			if len(got) != 0 {
				t.Errorf("%v: read as %v, want not at all", want, got)
			}
		} else if len(got) != 1 || got[0] != want {
			t.Errorf("%v: read as %v, want that alone", want, got)
		}
	}
}

func TestConnectRepliesUnder16BytesAreNotRead(t *testing.T) {
	packet := vector(t, "connect_reply")
	for length := range packet {
		if id, ok := udpproto.ParseConnectReply(packet[:length]); ok || id != 0 {
			t.Errorf("%d bytes: got %#x, %v, want 0, false", length, id, ok)
		}
	}
}

func TestAnnounceRepliesUnder20BytesAreNotRead(t *testing.T) {
	packet := vector(t, "announce_reply_ipv4")
	before := udpproto.AnnounceReply{TransactionID: 1, Interval: 2, Leechers: 3, Seeders: 4}
	for length := range udpproto.AnnounceReplyLen {
		r := before
		if peers, ok := r.Parse(packet[:length]); ok || peers != nil || r != before {
			t.Errorf("%d bytes: got %+v, peers %q, %v, want what was there before, none, false", length, r, peers, ok)
		}
	}
}

func TestPeersArePartOfThePacketAndCannotGrowOverTheBuffer(t *testing.T) {
	buffer := append(vector(t, "announce_reply_ipv4"), "next packet"...)
	packet := buffer[:udpproto.AnnounceReplyLen+12]
	peers, _ := new(udpproto.AnnounceReply).Parse(packet)
	if len(peers) != 12 || &peers[0] != &packet[udpproto.AnnounceReplyLen] {
		t.Fatalf("got peers %q, want the last 12 bytes of the packet themselves", peers)
	}
	_ = append(peers, "overwritten"...)
	if got := string(buffer[len(packet):]); got != "next packet" {
		t.Errorf("got %q behind the packet, want %q", got, "next packet")
	}
}

func TestErrorTextIsTheRestOfThePacketLessItsNULs(t *testing.T) {
	for _, row := range []struct{ wire, want string }{
		{"", ""},
		{"\x00", ""},
		{"bad id", "bad id"},
		{"bad id\x00", "bad id"},
		{"bad id\x00\x00\x00\x00", "bad id"},
		{"bad\x00id", "bad\x00id"},
		{"\x00 bad id ", "\x00 bad id "},
		{"\xff\x1b[2J", "\xff\x1b[2J"},
	} {
		packet := udpproto.AppendError(nil, 1, row.wire)
		if got := string(packet[8:]); got != row.wire {
			t.Errorf("%q is written as %q", row.wire, got)
		}
		if got := udpproto.ErrorText(packet); got != row.want {
			t.Errorf("%q on the wire: got %q, want %q", row.wire, got, row.want)
		}
	}
}

func TestErrorTextDoesNotAliasThePacket(t *testing.T) {
	packet := vector(t, "error_reply")
	got := udpproto.ErrorText(packet)
	clear(packet)
	if want := "bad passkey"; got != want {
		t.Errorf("got %q once the buffer was used again, want %q", got, want)
	}
}

func TestErrorRepliesUnderEightBytesHaveNoText(t *testing.T) {
	for length := range 8 {
		if got := udpproto.ErrorText(vector(t, "error_reply")[:length]); got != "" {
			t.Errorf("%d bytes: got %q, want none", length, got)
		}
	}
}
