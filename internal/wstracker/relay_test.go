package wstracker_test

import (
	"testing"

	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestAnOfferAndItsAnswerArriveAsTheyWereSent(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	if got := b.join(bob, 5, 0); got.Complete != 0 || got.Incomplete != 1 {
		t.Errorf("got %+v, want the counts to include the announcer", got)
	}
	if got := a.join(alice, 0, 1); got.Complete != 1 || got.Incomplete != 1 {
		t.Errorf("got %+v, want both counted", got)
	}
	got := b.get()
	if got.Kind != wsproto.KindOffer || got.PeerID != alice || got.OfferID != offerID(0) || string(got.SDP) != offerSDP || got.InfoHash != hash {
		t.Fatalf("got %+v, want alice's offer", got)
	}
	b.send(string(wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
		InfoHash: hash, PeerID: bob, ToPeerID: alice, OfferID: offerID(0), SDP: []byte(answerSDP),
	})))
	got = a.get()
	if got.Kind != wsproto.KindAnswer || got.PeerID != bob || got.OfferID != offerID(0) || string(got.SDP) != answerSDP || got.InfoHash != hash {
		t.Fatalf("got %+v, want bob's answer", got)
	}
	b.nothing("after an answer")
}
