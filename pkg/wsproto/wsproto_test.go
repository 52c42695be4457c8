package wsproto_test

import (
	"testing"

	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestSmoke(t *testing.T) {
	r := wsproto.AnnounceRequest{Offers: []wsproto.Offer{{SDP: []byte(`{"type":"offer","sdp":"a\r\n"}`)}}}
	data := wsproto.AppendAnnounce(nil, &r)
	var m wsproto.Message
	if err := wsproto.Parse(data, &m); err != nil || len(m.Offers) != 1 {
		t.Fatalf("%s: %v %+v", data, err, m)
	}
	var sm wsproto.ServerMessage
	for _, d := range [][]byte{
		wsproto.AppendReply(nil, r.InfoHash, 1, 2, 3), wsproto.AppendFailure(nil, r.InfoHash, false, "x"),
		wsproto.AppendOffer(nil, r.InfoHash, r.PeerID, m.Offers[0].ID, m.Offers[0].SDP), wsproto.AppendScrape(nil, []wsproto.ScrapeFile{{Complete: 1}}, 600),
	} {
		err := wsproto.ParseServer(d, &sm)
		t.Logf("%s %v %+v", d, err, sm)
	}
}
