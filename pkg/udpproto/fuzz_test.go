package udpproto_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// wireAnnounce is BEP 15's announce request as a structure without gaps, which encoding/binary
// reads with no offset written by us.
type wireAnnounce struct {
	ConnectionID               uint64
	Action, TransactionID      uint32
	InfoHash, PeerID           [20]byte
	Downloaded, Left, Uploaded uint64
	Event, IP, Key             uint32
	NumWant                    int32
	Port                       uint16
}

func FuzzAnnounceRequest(f *testing.F) {
	for _, packet := range packets(f, "announce_request") {
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		var r udpproto.AnnounceRequest
		options, ok := r.Parse(packet)
		var w wireAnnounce
		if _, err := binary.Decode(packet, binary.BigEndian, &w); ok != (err == nil) {
			t.Fatalf("got %v, want %v of %d bytes", ok, err == nil, len(packet))
		}
		if !ok {
			return
		}
		want := udpproto.AnnounceRequest{
			Header:   udpproto.Header{ConnectionID: w.ConnectionID, Action: udpproto.Action(w.Action), TransactionID: w.TransactionID},
			InfoHash: w.InfoHash, PeerID: w.PeerID,
			Downloaded: w.Downloaded, Left: w.Left, Uploaded: w.Uploaded,
			IP: w.IP, Key: w.Key, NumWant: w.NumWant, Port: w.Port,
		}
		if w.Event <= 4 {
			want.Event = bittorrent.Event(w.Event)
		}
		if r != want {
			t.Fatalf("got  %+v\nwant %+v", r, want)
		}
		if !bytes.Equal(options, packet[udpproto.AnnounceRequestLen:]) {
			t.Fatalf("got options %x, want %x", options, packet[udpproto.AnnounceRequestLen:])
		}
		if h, _ := udpproto.ParseHeader(packet); h != r.Header {
			t.Fatalf("got header %+v, want that of the announce %+v", h, r.Header)
		}

		canonical := bytes.Clone(packet)
		binary.BigEndian.PutUint32(canonical[8:], uint32(udpproto.ActionAnnounce))
		binary.BigEndian.PutUint32(canonical[80:], uint32(r.Event))
		if got := append(r.Append(nil), options...); !bytes.Equal(got, canonical) {
			t.Fatalf("written back as\n%x, want\n%x", got, canonical)
		}
	})
}

func FuzzScrapeRequest(f *testing.F) {
	for _, packet := range packets(f, "scrape_request") {
		f.Add(packet)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, ok := udpproto.ParseHeader(packet)
		hashes := udpproto.AppendScrapeHashes(nil, packet)
		if !ok {
			if len(hashes) != 0 {
				t.Fatalf("got %v of %d bytes, want no hashes", hashes, len(packet))
			}
			return
		}
		if want := min((len(packet)-16)/20, udpproto.MaxScrapeHashes); len(hashes) != want {
			t.Fatalf("got %d hashes of %d bytes, want %d", len(hashes), len(packet), want)
		}
		canonical := bytes.Clone(packet[:16+20*len(hashes)])
		binary.BigEndian.PutUint32(canonical[8:], uint32(udpproto.ActionScrape))
		if got := udpproto.AppendScrapeRequest(nil, h, hashes); !bytes.Equal(got, canonical) {
			t.Fatalf("written back as\n%x, want\n%x", got, canonical)
		}
	})
}

func FuzzReplies(f *testing.F) {
	for _, kind := range []string{"connect_reply", "announce_reply", "scrape_reply", "error_reply"} {
		for _, packet := range packets(f, kind) {
			f.Add(packet)
		}
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		kinds := readReply(packet)
		a, id, ok := udpproto.ParseReplyHeader(packet)
		if len(kinds) > 1 || len(kinds) == 1 && (!ok || kinds[0] != a) {
			t.Fatalf("action %v, %v: read as %v", a, ok, kinds)
		}
		if len(kinds) == 0 {
			return
		}
		var got []byte
		want := packet
		switch a {
		case udpproto.ActionConnect:
			connectionID, _ := udpproto.ParseConnectReply(packet)
			got, want = udpproto.AppendConnectReply(nil, id, connectionID), packet[:udpproto.ConnectReplyLen]
		case udpproto.ActionAnnounce:
			var r udpproto.AnnounceReply
			peers, _ := r.Parse(packet)
			got = append(r.Append(nil), peers...)
		case udpproto.ActionScrape:
			entries := udpproto.AppendScrapeEntries(nil, packet)
			got = udpproto.AppendScrapeReply(nil, id)
			for _, e := range entries {
				got = udpproto.AppendScrapeEntry(got, e)
			}
			want = packet[:len(packet)-(len(packet)-8)%12]
		case udpproto.ActionError:
			got, want = udpproto.AppendError(nil, id, udpproto.ErrorText(packet)), bytes.TrimRight(packet, "\x00")
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%v: written back as\n%x, want\n%x", a, got, want)
		}
	})
}
