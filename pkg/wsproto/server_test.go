package wsproto_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

const named = `"action":"announce","info_hash":"` + hashText + `"`

func TestTrackersOfAllMannersAreUnderstood(t *testing.T) {
	reply := wsproto.ServerMessage{Kind: wsproto.KindReply, InfoHash: hash, HasInfoHash: true}
	with := func(change func(*wsproto.ServerMessage)) wsproto.ServerMessage {
		m := reply
		change(&m)
		return m
	}
	signal := wsproto.ServerMessage{InfoHash: hash, HasInfoHash: true, PeerID: peer, OfferID: offerID, SDP: []byte(someSDP)}
	offer, answer := signal, signal
	offer.Kind, answer.Kind = wsproto.KindOffer, wsproto.KindAnswer
	const ids = `,"peer_id":"` + peerText + `","offer_id":"` + offerText + `"`
	for text, want := range map[string]wsproto.ServerMessage{
		`{` + named + `}`: reply,
		`{` + named + `,"offer":null,"answer":null,"failure reason":null,"peer_id":null}`: with(func(m *wsproto.ServerMessage) {}),
		`{` + named + `,"interval":1.9,"min interval":60,"complete":4294967296,"incomplete":99999999999999999999}`: with(func(m *wsproto.ServerMessage) {
			m.Interval, m.MinInterval, m.Complete, m.Incomplete = 1, 60, 1<<32-1, 1<<32-1
		}),
		`{` + named + `,"interval":"120","complete":-1,"incomplete":1e3,"min interval":{}}`: reply,
		`{` + named + `,"warning message":"old\u0021"}`:                                     with(func(m *wsproto.ServerMessage) { m.Warning = "old!" }),
		`{` + named + ids + `,"offer":` + someSDP + `,"answer":null}`:                       offer,
		`{` + named + ids + `,"answer":` + someSDP + `}`:                                    answer,
		`{"failure reason":"no"}`:                                                           {Kind: wsproto.KindFailure, Reason: "no"},
		`{"failure reason":"","info_hash":"` + hashText + `"}`:                              {Kind: wsproto.KindFailure, InfoHash: hash, HasInfoHash: true},
		`{"failure reason":{"code": 7},"action":"scrape"}`:                                  {Kind: wsproto.KindFailure, Reason: `{"code": 7}`},
		`{"failure reason":"no","action":"x","info_hash":"short","offer":0,"peer_id":0}`:    {Kind: wsproto.KindFailure, Reason: "no"},
		`{"action":"scrape"}`:              {Kind: wsproto.KindScrape},
		`{"action":"scrape","files":null}`: {Kind: wsproto.KindScrape},
		`{"action":"scrape","files":{"short":{"complete":1},"` + hashText + `":{"complete":1,"x":[],"downloaded":"3"},"` + otherText + `":7}}`: {
			Kind:  wsproto.KindScrape,
			Files: []wsproto.ScrapeFile{{InfoHash: hash, Complete: 1}, {InfoHash: bittorrent.InfoHash(other)}},
		},
	} {
		used := wsproto.ServerMessage{}
		_ = wsproto.ParseServer([]byte(golden(t, "scrape")), &used)
		_ = wsproto.ParseServer([]byte(golden(t, "failure")), &used)
		err := wsproto.ParseServer([]byte(text), &used)
		if len(used.Files) == 0 {
			used.Files = nil
		}
		if diff := cmp.Diff(want, used); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestMessagesThatABrowserWouldThrowOnAreErrors(t *testing.T) {
	const ids = `,"peer_id":"` + peerText + `","offer_id":"` + offerText + `"`
	for text, want := range map[string]wsproto.Error{
		``:                 wsproto.ErrMalformed,
		`[]`:               wsproto.ErrMalformed,
		`null`:             wsproto.ErrMalformed,
		"{\"x\":\"\xff\"}": wsproto.ErrMalformed,
		`{} {}`:            wsproto.ErrMalformed,
		strings.Repeat(`{"failure reason":`, 1<<16): wsproto.ErrMalformed,
		`{}`:                                   wsproto.ErrAction,
		`{"action":"hello"}`:                   wsproto.ErrAction,
		`{"action":"announce","info_hash":""}`: wsproto.ErrInfoHash,
		`{"action":"announce"}`:                wsproto.ErrInfoHash,
		`{` + named + `,"offer":` + someSDP + `,"offer_id":"` + offerText + `"}`: wsproto.ErrPeerID,
		`{` + named + `,"answer":` + someSDP + `,"peer_id":"` + peerText + `"}`:  wsproto.ErrOfferID,
		`{` + named + ids + `,"offer":"v=0"}`:                                    wsproto.ErrOffer,
		`{` + named + ids + `,"answer":{"type":"answer"}}`:                       wsproto.ErrAnswer,
	} {
		var m wsproto.ServerMessage
		if err := wsproto.ParseServer([]byte(text), &m); !errors.Is(err, want) {
			t.Errorf("%.100s: got error %v, want %v", text, err, want)
		}
	}
}
