package app

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A browser is a WebTorrent client that calls itself id.
type browser struct {
	t    *testing.T
	id   bittorrent.PeerID
	conn *websocket.Conn
}

const offerSDP, answerSDP = `{"type":"offer","sdp":"v=0"}`, `{"type":"answer","sdp":"v=1"}`

var (
	browserHash = bittorrent.InfoHash([]byte("aaaaaaaaaaaaaaaaaaaa"))
	offerID     = bittorrent.OfferID{0xff, 1}
)

func connect(t *testing.T, addr string, id byte) *browser {
	t.Helper()
	conn, resp, err := websocket.Dial(t.Context(), "ws://"+addr+"/any/path?x=y", nil) //nolint:bodyclose // the library does
	if err != nil {
		t.Fatalf("dial: %v, %v", err, resp)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &browser{t, bittorrent.PeerID{id}, conn}
}

func (b *browser) send(message []byte) {
	b.t.Helper()
	if err := b.conn.Write(b.t.Context(), websocket.MessageText, message); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) next() (m wsproto.ServerMessage, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, line, err := b.conn.Read(ctx)
	if err == nil {
		err = wsproto.ParseServer(line, &m)
	}
	return m, err
}

func (b *browser) get(want wsproto.Kind) wsproto.ServerMessage {
	b.t.Helper()
	m, err := b.next()
	if err != nil || m.Kind != want || m.HasInfoHash && m.InfoHash != browserHash {
		b.t.Fatalf("got %v %+v, error %v, want %v", m.Kind, m, err, want)
	}
	return m
}

// join announces, with an offer if wanted, and returns the reply.
func (b *browser) join(offers ...wsproto.Offer) wsproto.ServerMessage {
	b.t.Helper()
	b.send(wsproto.AppendAnnounce(nil, &wsproto.AnnounceRequest{
		InfoHash: browserHash, PeerID: b.id, Left: 1, Event: bittorrent.Started, NumWant: len(offers), Offers: offers,
	}))
	return b.get(wsproto.KindReply)
}

// wantExchange fails the test unless an offer of a's reaches b, and b's answer a.
func wantExchange(t *testing.T, a, b *browser) {
	t.Helper()
	b.join()
	a.join(wsproto.Offer{ID: offerID, SDP: []byte(offerSDP)})
	if got := b.get(wsproto.KindOffer); got.PeerID != a.id || got.OfferID != offerID || string(got.SDP) != offerSDP {
		t.Errorf("got %+v, want the other's offer", got)
	}
	b.send(wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
		InfoHash: browserHash, PeerID: b.id, ToPeerID: a.id, OfferID: offerID, SDP: []byte(answerSDP),
	}))
	if got := a.get(wsproto.KindAnswer); got.PeerID != b.id || got.OfferID != offerID || string(got.SDP) != answerSDP {
		t.Errorf("got %+v, want the other's answer", got)
	}
}

func TestBrowsersAndTorrentClientsShareThePortAndTheSwarm(t *testing.T) {
	cfg := defaults(t)
	cfg.WS.CloseOver = 0
	log, stop, done := running(t, cfg)
	log.awaitMsg("ready")
	addr := log.addrOf("http")
	a, b := connect(t, addr, 1), connect(t, addr, 2)
	wantExchange(t, a, b)
	const counts = "d8:completei0e11:external ip4:\x7f\x00\x00\x0110:incompletei3e"
	if status, body, _ := get(t, "http://"+addr+announce); status != 200 || len(body) < len(counts) || body[:len(counts)] != counts {
		t.Errorf("got %d %q, want three leechers: two browsers and this client", status, body)
	}
	for _, open := range []*browser{a, b} {
		go func() { _, _ = open.next() }() // so that the closing is answered
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}

func TestBrowsersMayHaveAddressesOfTheirOwn(t *testing.T) {
	cfg := defaults(t)
	cfg.WS.Listen = config.Addrs{"127.0.0.1:0"}
	log, _, _ := running(t, cfg)
	log.awaitMsg("ready")
	wantExchange(t, connect(t, log.addrOf("ws"), 1), connect(t, log.addrOf("ws"), 2))
	wantNoSocket(t, log.addrOf("http"))
}

func TestBrowsersMayBeTurnedOff(t *testing.T) {
	cfg := defaults(t)
	cfg.WS.Enabled = false
	log, _, _ := running(t, cfg)
	log.awaitMsg("ready")
	wantNoSocket(t, log.addrOf("http"))
}

func wantNoSocket(t *testing.T, addr string) {
	t.Helper()
	_, resp, err := websocket.Dial(t.Context(), "ws://"+addr+"/", nil) //nolint:bodyclose // the library does
	if err == nil || resp == nil || resp.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v, want the page that people see", resp, err)
	}
}

func TestAnOfferCrossesReplicasAndAStopTakesItsBrowsersAlong(t *testing.T) {
	server := redistest.Start(t)
	start := func() (*logbook, func(), <-chan error) {
		cfg := defaults(t)
		cfg.Redis.URL = config.Secret(server.URL())
		cfg.WS.CloseOver = 0
		log, stop, done := running(t, cfg)
		log.awaitMsg("ready")
		return log, stop, done
	}
	one, stopOne, oneDone := start()
	two, stopTwo, twoDone := start()
	a, b := connect(t, one.addrOf("http"), 1), connect(t, two.addrOf("http"), 2)
	wantExchange(t, a, b)
	wantExchange(t, b, a)

	stopOne()
	if _, err := a.next(); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("got %v, want code 1001", err)
	}
	if err := <-oneDone; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
	if got := b.join(); got.Complete != 0 || got.Incomplete != 1 {
		t.Errorf("got %+v, want the browser of the replica that goes on, alone", got)
	}
	go func() { _, _ = b.next() }() // so that the closing is answered
	stopTwo()
	if err := <-twoDone; err != nil {
		t.Errorf("got %v, want a clean end", err)
	}
}
