package wsproto_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// scrapeFiles are hashes in which every byte value is.
func scrapeFiles() (files []wsproto.ScrapeFile) {
	for i := range 13 {
		files = append(files, wsproto.ScrapeFile{
			InfoHash: counting(byte(20 * i)), Complete: uint32(i), Incomplete: math.MaxUint32, Downloaded: uint32(2 * i),
		})
	}
	return files
}

const reason = "no \"swarm\" \\ \x00\b\t\n\v\f\r\x1f\x7f \u00e9\u2028\U0001f426"

func TestWhatTrackersSayIsWhatJSONStringifyWrites(t *testing.T) {
	var h bittorrent.InfoHash = counting(240)
	var from bittorrent.PeerID = counting(20)
	var id bittorrent.OfferID = counting(120)
	offer, answer := member(t, golden(t, "offer"), `{"type"`), member(t, golden(t, "answer"), `{"type"`)
	twice := append(scrapeFiles(), scrapeFiles()[:3]...)
	for name, got := range map[string][]byte{
		"reply":              wsproto.AppendReply(nil, counting(0), 0, 1, 120),
		"offer":              wsproto.AppendOffer(nil, h, from, id, offer),
		"answer":             wsproto.AppendAnswer(nil, h, from, id, answer),
		"scrape":             wsproto.AppendScrape(nil, twice, 600),
		"scrape-nothing":     wsproto.AppendScrape(nil, nil, 600),
		"failure":            wsproto.AppendFailure(nil, counting(0), true, reason),
		"failure-of-nothing": wsproto.AppendFailure(nil, counting(0), false, wsproto.ErrMalformed.Error()),
	} {
		if want := golden(t, name); string(got) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestWhatClientsSayIsWhatJSONStringifyWrites(t *testing.T) {
	offer := member(t, golden(t, "offer"), `{"type"`)
	for name, got := range map[string][]byte{
		"announce": wsproto.AppendAnnounce(nil, &wsproto.AnnounceRequest{
			InfoHash: counting(0), PeerID: counting(20), Uploaded: 1, Downloaded: 2, Left: wsproto.LeftUnknown,
			Event: bittorrent.Started, NumWant: 5,
			Offers: []wsproto.Offer{{ID: counting(120), SDP: offer}, {ID: counting(140), SDP: offer}},
		}),
		"announce-again": wsproto.AppendAnnounce(nil, &wsproto.AnnounceRequest{
			InfoHash: counting(0), PeerID: counting(20), Uploaded: 1, Downloaded: 2, Event: bittorrent.Events, NumWant: -1,
		}),
		"answer-request": wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
			InfoHash: counting(240), PeerID: counting(20), ToPeerID: counting(40), OfferID: counting(120),
			SDP: member(t, golden(t, "answer"), `{"type"`),
		}),
		"scrape-request": wsproto.AppendScrapeRequest(nil, []bittorrent.InfoHash{counting(0), counting(120)}),
	} {
		if want := golden(t, name); string(got) != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestWhatJSONStringifyWritesIsRead(t *testing.T) {
	offer, answer := member(t, golden(t, "offer"), `{"type"`), member(t, golden(t, "answer"), `{"type"`)
	announce := wsproto.Message{
		InfoHash: counting(0), HasInfoHash: true, PeerID: counting(20), Hashes: []bittorrent.InfoHash{counting(0)},
	}
	first := announce
	first.Event, first.Left = bittorrent.Started, wsproto.LeftSome
	first.Offers = []wsproto.Offer{{ID: counting(120), SDP: offer}, {ID: counting(140), SDP: offer}}
	check(t, golden(t, "announce"), first)
	announce.Left = wsproto.LeftZero
	check(t, golden(t, "announce-again"), announce)
	check(t, golden(t, "answer-request"), wsproto.Message{
		Kind: wsproto.KindAnswer, InfoHash: counting(240), HasInfoHash: true, PeerID: counting(20), ToPeerID: counting(40),
		OfferID: counting(120), Answer: answer, Hashes: []bittorrent.InfoHash{counting(240)},
	})
	check(t, golden(t, "scrape-request"), wsproto.Message{
		Kind: wsproto.KindScrape, Hashes: []bittorrent.InfoHash{counting(0), counting(120)},
	})
}

func TestWhatTrackersSayIsRead(t *testing.T) {
	offer, answer := member(t, golden(t, "offer"), `{"type"`), member(t, golden(t, "answer"), `{"type"`)
	signal := wsproto.ServerMessage{InfoHash: counting(240), HasInfoHash: true, PeerID: counting(20), OfferID: counting(120)}
	offered, answered := signal, signal
	offered.Kind, offered.SDP = wsproto.KindOffer, offer
	answered.Kind, answered.SDP = wsproto.KindAnswer, answer
	for name, want := range map[string]wsproto.ServerMessage{
		"reply": {
			Kind: wsproto.KindReply, InfoHash: counting(0), HasInfoHash: true, Incomplete: 1, Interval: 120,
		},
		"offer":              offered,
		"answer":             answered,
		"scrape":             {Kind: wsproto.KindScrape, Files: scrapeFiles()},
		"scrape-nothing":     {Kind: wsproto.KindScrape},
		"failure":            {Kind: wsproto.KindFailure, InfoHash: counting(0), HasInfoHash: true, Reason: reason},
		"failure-of-nothing": {Kind: wsproto.KindFailure, Reason: "malformed message"},
	} {
		var got wsproto.ServerMessage
		err := wsproto.ParseServer([]byte(golden(t, name)), &got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}
