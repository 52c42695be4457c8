package wsproto_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		before := slices.Clone(data)
		m := wsproto.Message{MaxOffers: 2}
		err := wsproto.Parse(data, &m)
		if !bytes.Equal(data, before) {
			t.Fatalf("%q: was changed to %q", before, data)
		}
		want, wantErr := slowly(data, 2)
		if !errors.Is(err, wantErr) || m.HasInfoHash != want.HasInfoHash || m.HasInfoHash && m.InfoHash != want.InfoHash {
			t.Fatalf("%q: got info hash %v (%v) and error %v, want %v (%v) and %v",
				data, m.InfoHash, m.HasInfoHash, err, want.InfoHash, want.HasInfoHash, wantErr)
		}
		if err != nil {
			return
		}
		switch m.Kind { // what is of no meaning
		case wsproto.KindScrape:
			m = wsproto.Message{Kind: m.Kind, InfoHash: m.InfoHash, HasInfoHash: m.HasInfoHash, Hashes: m.Hashes, All: m.All}
		case wsproto.KindAnswer:
			m = wsproto.Message{
				Kind: m.Kind, InfoHash: m.InfoHash, HasInfoHash: true, PeerID: m.PeerID,
				ToPeerID: m.ToPeerID, OfferID: m.OfferID, Answer: m.Answer,
			}
		default:
			m.MaxOffers, m.Hashes, m.ToPeerID, m.OfferID = 0, nil, want.ToPeerID, want.OfferID
		}
		if diff := cmp.Diff(want, m, cmp.Transformer("text", func(b []byte) string { return string(b) }), emptyIsNil); diff != "" {
			t.Fatalf("%q: (-want +got)\n%s", data, diff)
		}
		relays(t, &m)
	})
}

// relays checks that an offer or answer of m arrives as it came, in a message that is JSON.
func relays(t *testing.T, m *wsproto.Message) {
	t.Helper()
	var got wsproto.ServerMessage
	for _, o := range m.Offers {
		line := wsproto.AppendOffer(nil, m.InfoHash, m.PeerID, o.ID, o.SDP)
		err := wsproto.ParseServer(line, &got)
		if err != nil || got.Kind != wsproto.KindOffer || got.PeerID != m.PeerID || got.OfferID != o.ID || string(got.SDP) != string(o.SDP) {
			t.Errorf("%q: read back as %+v, %v", line, got, err)
		}
		if !json.Valid(line) || !utf8.Valid(line) {
			t.Errorf("%q: is no JSON", line)
		}
	}
	if m.Kind != wsproto.KindAnswer {
		return
	}
	line := wsproto.AppendAnswer(nil, m.InfoHash, m.PeerID, m.OfferID, m.Answer)
	err := wsproto.ParseServer(line, &got)
	if err != nil || got.Kind != wsproto.KindAnswer || got.PeerID != m.PeerID || string(got.SDP) != string(m.Answer) || !json.Valid(line) {
		t.Errorf("%q: read back as %+v, %v", line, got, err)
	}
}

func FuzzParseServer(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		var m wsproto.ServerMessage
		err := wsproto.ParseServer(data, &m)
		var members map[string]json.RawMessage
		isObject := utf8.Valid(data) && json.Unmarshal(data, &members) == nil && members != nil && depth(data) <= wsproto.MaxDepth
		if errors.Is(err, wsproto.ErrMalformed) == isObject {
			t.Fatalf("%q: got error %v, want it malformed %v", data, err, !isObject)
		}
		if err != nil {
			return
		}
		if reason, ok := text(members["failure reason"]); ok && (m.Kind != wsproto.KindFailure || m.Reason != reason) {
			t.Errorf("%q: got %v with reason %q, want a failure with %q", data, m.Kind, m.Reason, reason)
		}
		if id, ok := binary(members["info_hash"]); m.HasInfoHash != ok || ok && m.InfoHash != bittorrent.InfoHash(id) {
			t.Errorf("%q: got info hash %v (%v), want %x (%v)", data, m.InfoHash, m.HasInfoHash, id, ok)
		}
		if m.SDP != nil && (m.Kind == wsproto.KindOffer || m.Kind == wsproto.KindAnswer) && !hasSDP(m.SDP) {
			t.Errorf("%q: got %q for an SDP", data, m.SDP)
		}
		if most := len(data) / len(`"hhhhhhhhhhhhhhhhhhhh":0`); len(m.Files) > most {
			t.Errorf("%q: got %d files, want at most %d", data, len(m.Files), most)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Fuzz(func(t *testing.T, h, p, o []byte, sdp, reason string, event uint8, numWant int, left uint64, known bool) {
		r := wsproto.AnnounceRequest{Event: bittorrent.Event(event), NumWant: numWant, Left: left}
		copy(r.InfoHash[:], h)
		copy(r.PeerID[:], p)
		raw, err := json.Marshal(map[string]string{"sdp": sdp})
		if err != nil {
			t.Fatal(err)
		}
		r.Offers = []wsproto.Offer{{SDP: raw}}
		copy(r.Offers[0].ID[:], o)
		line := wsproto.AppendAnnounce(nil, &r)
		want := wsproto.Message{InfoHash: r.InfoHash, HasInfoHash: true, PeerID: r.PeerID, Left: wsproto.LeftSome, Offers: r.Offers}
		want.Hashes = []bittorrent.InfoHash{r.InfoHash}
		if r.Event < bittorrent.Events && r.Event != bittorrent.Paused {
			want.Event = r.Event
		}
		if r.Event == bittorrent.Stopped {
			want.Offers = nil
		}
		if left == 0 {
			want.Left = wsproto.LeftZero
		}
		check(t, string(line), want)

		line = wsproto.AppendFailure(nil, r.InfoHash, known, reason)
		var got wsproto.ServerMessage
		err = wsproto.ParseServer(line, &got)
		if valid := string([]rune(reason)); err != nil || got.Reason != valid || got.HasInfoHash != known || !json.Valid(line) {
			t.Errorf("%q: got %+v, %v, want reason %q", line, got, err, valid)
		}
	})
}
