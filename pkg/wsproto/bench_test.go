package wsproto_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// browserSDP is about as long as what a browser offers for a data channel, with its candidates.
func browserSDP() []byte {
	lines := "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" +
		strings.Repeat("a=candidate:842163049 1 udp 1677729535 203.0.113.9 41234 typ srflx raddr 0.0.0.0 rport 0\r\n", 8) +
		"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=fingerprint:sha-256 " + strings.Repeat("AB:", 32) + "\r\n" +
		"a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"
	raw, err := json.Marshal(map[string]string{"type": "offer", "sdp": lines})
	if err != nil {
		panic(err)
	}
	return raw
}

// browserAnnounce is an announce with as many offers, of a hash whose bytes are mostly beyond ASCII.
func browserAnnounce(offers int) []byte {
	r := wsproto.AnnounceRequest{
		InfoHash: counting(100), PeerID: peer, Left: wsproto.LeftUnknown, Event: bittorrent.Started, NumWant: offers,
	}
	for i := range offers {
		r.Offers = append(r.Offers, wsproto.Offer{ID: counting(byte(90 * i)), SDP: browserSDP()})
	}
	return wsproto.AppendAnnounce(nil, &r)
}

func answerRequest() []byte {
	return wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
		InfoHash: counting(100), PeerID: peer, ToPeerID: other, OfferID: counting(200), SDP: browserSDP(),
	})
}

// serverMessages are what a tracker says, one of each kind but failures, whose text is for people.
func serverMessages() [][]byte {
	return [][]byte{
		wsproto.AppendReply(nil, hash, 1, 2, 120),
		wsproto.AppendOffer(nil, hash, peer, offerID, browserSDP()),
		wsproto.AppendAnswer(nil, hash, peer, offerID, browserSDP()),
		wsproto.AppendScrape(nil, scrapeFiles(), 600),
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	var m wsproto.Message
	for name, data := range map[string][]byte{
		"announce of 5 offers": browserAnnounce(5),
		"announce alone":       browserAnnounce(0),
		"answer":               answerRequest(),
		"scrape":               wsproto.AppendScrapeRequest(nil, []bittorrent.InfoHash{counting(0), counting(200)}),
		"escapes":              []byte(strings.ReplaceAll(string(browserAnnounce(2)), "n", `\u006e`)),
		"refused":              []byte(announceWith(`,"event":"x"`)),
		"malformed":            []byte(`{"action"`),
		"deep":                 []byte(strings.Repeat(`{"a":`, 1000)),
	} {
		testutil.NoAllocs(t, name, func() { _ = wsproto.Parse(data, &m) })
	}
	var s wsproto.ServerMessage
	for _, data := range serverMessages() {
		testutil.NoAllocs(t, string(data[:40]), func() { _ = wsproto.ParseServer(data, &s) })
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 64<<10)
	sdp, files := browserSDP(), scrapeFiles()
	request := wsproto.AnnounceRequest{NumWant: 5, Offers: []wsproto.Offer{{ID: offerID, SDP: sdp}}}
	answer := wsproto.AnswerRequest{SDP: sdp}
	hashes := []bittorrent.InfoHash{hash, counting(0)}
	for name, f := range map[string]func(){
		"AppendReply":         func() { _ = wsproto.AppendReply(buf, hash, 1, 2, 120) },
		"AppendOffer":         func() { _ = wsproto.AppendOffer(buf, hash, peer, offerID, sdp) },
		"AppendAnswer":        func() { _ = wsproto.AppendAnswer(buf, hash, peer, offerID, sdp) },
		"AppendScrape":        func() { _ = wsproto.AppendScrape(buf, files, 600) },
		"AppendFailure":       func() { _ = wsproto.AppendFailure(buf, hash, true, reason) },
		"AppendAnnounce":      func() { _ = wsproto.AppendAnnounce(buf, &request) },
		"AppendAnswerRequest": func() { _ = wsproto.AppendAnswerRequest(buf, &answer) },
		"AppendScrapeRequest": func() { _ = wsproto.AppendScrapeRequest(buf, hashes) },
	} {
		testutil.NoAllocs(t, name, f)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, offers := range []int{0, 1, 5, 10} {
		data := browserAnnounce(offers)
		b.Run(fmt.Sprintf("announce of %d offers", offers), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var m wsproto.Message
			for b.Loop() {
				if err := wsproto.Parse(data, &m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	data := answerRequest()
	b.Run("answer", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		var m wsproto.Message
		for b.Loop() {
			if err := wsproto.Parse(data, &m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEncodingJSON is the same announce read with encoding/json, for comparison.
func BenchmarkEncodingJSON(b *testing.B) {
	data := browserAnnounce(5)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := slowly(data, 20); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	var buf []byte
	sdp := browserSDP()
	var h bittorrent.InfoHash = counting(100)
	b.Run("reply", func(b *testing.B) {
		for b.Loop() {
			buf = wsproto.AppendReply(buf[:0], h, 1, 2, 120)
		}
	})
	b.Run("offer", func(b *testing.B) {
		for b.Loop() {
			buf = wsproto.AppendOffer(buf[:0], h, peer, offerID, sdp)
		}
	})
	b.Run("scrape of 13", func(b *testing.B) {
		files := scrapeFiles()
		for b.Loop() {
			buf = wsproto.AppendScrape(buf[:0], files, 600)
		}
	})
}

func BenchmarkParseServer(b *testing.B) {
	for _, data := range serverMessages() {
		name, _, _ := bytes.Cut(data[1:], []byte(":"))
		b.Run(string(name)+fmt.Sprint(len(data)), func(b *testing.B) {
			b.ReportAllocs()
			var m wsproto.ServerMessage
			for b.Loop() {
				if err := wsproto.ParseServer(data, &m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
