package load

import (
	"encoding/json"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// description returns a JSON value that describes a connection, as browsers' offers and answers do, with an
// SDP of so many bytes.
func description(kind string, size int) []byte {
	const begin = "v=0\r\no=- 7614219274584779017 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
		"a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\nm=application 56789 UDP/DTLS/SCTP webrtc-datachannel\r\n" +
		"c=IN IP4 192.0.2.10\r\na=ice-ufrag:Wk3c\r\na=ice-pwd:Jx9cQm1Dq0bYw5T4u8Hn2LsE\r\na=ice-options:trickle\r\n" +
		"a=fingerprint:sha-256 0F:1E:2D:3C:4B:5A:69:78:87:96:A5:B4:C3:D2:E1:F0:0F:1E:2D:3C:4B:5A:69:78:87:96:A5:B4:C3:D2:E1:F0\r\n" +
		"a=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"
	const candidate = "a=candidate:1467250027 1 udp 2122260223 192.0.2.10 56789 typ host generation 0 network-id 1\r\n"
	sdp := begin
	for len(sdp) < size {
		sdp += candidate
	}
	value, err := json.Marshal(struct {
		Type string `json:"type"`
		SDP  string `json:"sdp"`
	}{kind, sdp[:size]})
	if err != nil {
		panic(err) // two strings always can be
	}
	return value
}

// appendAnnounce appends an announce, the first one of the socket or one with offers.
func (b *browser) appendAnnounce(dst []byte, offers []wsproto.Offer, first bool) []byte {
	a := wsproto.AnnounceRequest{InfoHash: b.hash, PeerID: b.id, NumWant: len(offers), Offers: offers}
	if !b.seeder {
		a.Left = 1 << 20
	}
	if first {
		a.Event = bittorrent.Started
	}
	return wsproto.AppendAnnounce(dst, &a)
}

// appendAnswer appends an answer to an offer.
func (b *browser) appendAnswer(dst []byte, to bittorrent.PeerID, id bittorrent.OfferID) []byte {
	return wsproto.AppendAnswerRequest(dst, &wsproto.AnswerRequest{
		InfoHash: b.hash, PeerID: b.id, ToPeerID: to, OfferID: id, SDP: b.crowd.answer,
	})
}
