package wsproto_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

const someOffer = `{"offer":` + someSDP + `,"offer_id":"` + offerText + `"}`

func TestAnnounceWithoutOffersStands(t *testing.T) {
	for _, value := range []string{`null`, `[]`, `{}`, `{"0":` + someOffer + `}`, `"x"`, `0`, `true`} {
		check(t, announceWith(`,"offers":`+value), announced())
	}
}

func TestItemsThatAreNoOffersAreSkipped(t *testing.T) {
	for _, item := range []string{
		`null`, `0`, `"x"`, `[]`, `{}`, `{"offer":` + someSDP + `}`, `{"offer_id":"` + offerText + `"}`,
		`{"offer":null,"offer_id":"` + offerText + `"}`, `{"offer":"v=0","offer_id":"` + offerText + `"}`,
		`{"offer":{"type":"offer"},"offer_id":"` + offerText + `"}`, `{"offer":{"sdp":null},"offer_id":"` + offerText + `"}`,
		`{"offer":{"sdp":{"sdp":""}},"offer_id":"` + offerText + `"}`, `{"offer":[{"sdp":""}],"offer_id":"` + offerText + `"}`,
		`{"offer":{"sdp":"","sdp":0},"offer_id":"` + offerText + `"}`,
		`{"offer":` + someSDP + `,"offer_id":"short"}`, `{"offer":` + someSDP + `,"offer_id":null}`,
		`{"offer":` + someSDP + `,"offer_id":"` + offerText + `","offer_id":1}`,
	} {
		m := announced()
		m.Offers = []wsproto.Offer{{ID: offerID, SDP: []byte(someSDP)}}
		m.SkippedOffers = 1
		check(t, announceWith(`,"offers":[`+item+`,`+someOffer+`]`), m)
	}
}

func TestOffersStayAsTheyCame(t *testing.T) {
	for _, sdp := range []string{
		someSDP,
		"{ \"sdp\" :\n\t\"v=0\\r\\n\" , \"type\":1 }",
		`{"sdp":"\ud800 \u2028 \/ é","\u0073dp":"","x":{"y":[1e5,{}]}}`,
		`{"sdp":0,"sdp":""}`,
	} {
		m := announced()
		m.Offers = []wsproto.Offer{{ID: offerID, SDP: []byte(sdp)}}
		check(t, announceWith(`,"offers":[ {"x":0,"offer_id":"`+offerText+`","offer": `+sdp+` } ]`), m)
		a := announced()
		a.Kind, a.ToPeerID, a.OfferID, a.Answer = wsproto.KindAnswer, other, offerID, []byte(sdp)
		check(t, answerWith(`,"answer": `+sdp+"\n"), a)
	}
}

func TestOffersBeyondTheLimitAreIgnored(t *testing.T) {
	for limit, most := range map[int]int{0: wsproto.DefaultMaxOffers, 1: 1, 3: 3, 30: 30} {
		m := announced()
		m.MaxOffers, m.IgnoredOffers, m.SkippedOffers = limit, 31-most, 1
		var items []string
		for i := range 31 {
			id := fmt.Sprintf("%020d", i)
			items = append(items, `{"offer_id":"`+id+`","offer":`+someSDP+`}`)
			if i < most {
				m.Offers = append(m.Offers, wsproto.Offer{ID: bittorrent.OfferID([]byte(id)), SDP: []byte(someSDP)})
			}
		}
		check(t, announceWith(`,"numwant":1,"offers":[null,`+strings.Join(items, ",")+`]`), m)
	}
}

func TestWhoStopsOffersNothing(t *testing.T) {
	m := announced()
	m.Event = bittorrent.Stopped
	check(t, announceWith(`,"offers":[`+someOffer+`],"event":"stopped"`), m)
}

func TestAnswersNeedAllOfTheirMembers(t *testing.T) {
	const answer = `,"answer":` + someSDP
	checkRefused(t, announceWith(answer+`,"offer_id":"`+offerText+`"`), wsproto.ErrToPeerID, true)
	checkRefused(t, announceWith(answer+`,"offer_id":"`+offerText+`","to_peer_id":"x"`), wsproto.ErrToPeerID, true)
	checkRefused(t, announceWith(answer+`,"to_peer_id":"`+otherText+`"`), wsproto.ErrOfferID, true)
	checkRefused(t, announceWith(answer+`,"to_peer_id":"`+otherText+`","offer_id":null`), wsproto.ErrOfferID, true)
	for _, value := range []string{`0`, `"x"`, `[]`, `{}`, `true`, `{"type":"answer"}`, `{"sdp":null}`} {
		checkRefused(t, answerWith(`,"answer":`+value), wsproto.ErrAnswer, true)
	}
	checkRefused(t, `{"action":"announce","info_hash":"`+hashText+`"`+answer+`}`, wsproto.ErrPeerID, true)
	checkRefused(t, `{"action":"announce","peer_id":"`+peerText+`"`+answer+`}`, wsproto.ErrInfoHash, false)
}

func TestAnswerNeedsNoKnownEvent(t *testing.T) {
	m := announced()
	m.Kind, m.ToPeerID, m.OfferID, m.Answer = wsproto.KindAnswer, other, offerID, []byte(someSDP)
	check(t, answerWith(`,"event":"x","answer":`+someSDP), m)
}

func TestAnswerThatIsNullIsNone(t *testing.T) {
	m := announced()
	m.ToPeerID, m.OfferID = other, offerID
	check(t, answerWith(`,"answer":null`), m)
}
