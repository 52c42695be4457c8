package wstracker_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/wstracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestTheReplyComesBeforeTheAnswers(t *testing.T) {
	f := &fake{
		announce: func(_ wstracker.Receiver, a swarm.Announce, offers []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error) {
			for _, o := range offers {
				out = append(out, swarm.Signal{Kind: swarm.Offer, From: a.Peer.ID(), InfoHash: a.InfoHash, OfferID: o.ID, SDP: o.SDP})
			}
			return swarm.Reply{}, out, nil
		},
		send: func(r wstracker.Receiver, signals []swarm.Signal) {
			for _, s := range signals { // each is answered before Send returns
				r.Answer(&swarm.Signal{Kind: swarm.Answer, From: bob, InfoHash: s.InfoHash, OfferID: s.OfferID, SDP: s.SDP})
			}
		},
	}
	b := startFake(t, f, nil).dial()
	for range 50 {
		b.send(announce(alice, 0, bittorrent.None, 5))
		for i, want := range []wsproto.Kind{wsproto.KindReply, wsproto.KindAnswer, wsproto.KindAnswer, wsproto.KindAnswer, wsproto.KindAnswer, wsproto.KindAnswer} {
			if got := b.get(); got.Kind != want {
				t.Fatalf("message %d: got %v, want %v", i, got.Kind, want)
			}
		}
	}
}

func TestWhatIsRelayedIsNotOverwrittenByTheNextMessage(t *testing.T) {
	l := start(t, nil)
	b := l.dial()
	b.join(bob, 1, 0)
	a := l.dial()
	const rounds = 100
	for n := range rounds {
		a.send(with(fmt.Sprintf(`,"x":%q`, strings.Repeat("x", n*50)))) // of another swarm
		a.get()
		a.send(strings.ReplaceAll(announce(alice, 0, bittorrent.None, 1), "v=0", fmt.Sprintf("v=%d", n)))
		a.get()
	}
	for n := range rounds {
		want := strings.Replace(offerSDP, "v=0", fmt.Sprintf("v=%d", n), 1)
		if got := b.get(); string(got.SDP) != want {
			t.Fatalf("got the SDP %s, want %s", got.SDP, want)
		}
	}
}

func TestIntervalsAreConstantForAConnectionAndDifferFromOneToAnother(t *testing.T) {
	l := start(t, nil)
	seen := map[uint32]bool{}
	for range 40 {
		b := l.dial()
		first := b.join(alice, 1, 0).Interval
		if again := b.join(bob, 1, 0).Interval; again != first {
			t.Errorf("got the intervals %d and %d on one connection, want one", first, again)
		}
		if first < 108 || first > 132 {
			t.Errorf("got an interval of %d s, want 120 within 10 %%", first)
		}
		seen[first] = true
	}
	if len(seen) < 3 {
		t.Errorf("got the intervals %v on 40 connections, want them to differ", seen)
	}
}

func TestASocketMayHaveManyPeersAndAllGoWithIt(t *testing.T) {
	l := start(t, nil)
	b := l.dial()
	for n := range byte(30) {
		b.join(bittorrent.PeerID{n}, 1, 0)
	}
	other := l.dial()
	wantCounts(t, "beside thirty peers of a socket", other.join(bob, 1, 0), 0, 31)
	if err := b.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	await(t, "the peers of the closed socket to be gone", func() bool { return l.counts().Leechers == 1 })
	l.wantMetric("starling_sessions_closed_total", "left", 1)
}

func TestASocketThatIsCutOffTakesItsPeersAlong(t *testing.T) {
	l := start(t, nil)
	c := l.dialRaw()
	c.write(fin|opText, announce(alice, 0, bittorrent.Started, 0))
	c.want(opText, `{"complete":1`)
	c.Close()
	await(t, "the peer to be gone", func() bool { return l.counts().Seeders == 0 })
	l.wantMetric("starling_sessions_closed_total", "lost", 1)
	l.wantMetric("starling_sessions", "", 0)
}

func TestAnOlderSocketOfAPeerTakesNothingAlong(t *testing.T) {
	l := start(t, nil)
	old, now, other := l.dialRaw(), l.dial(), l.dial()
	old.write(fin|opText, announce(alice, 1, bittorrent.Started, 0))
	old.want(opText, `{"complete":0`)
	wantCounts(t, "on a second socket", now.join(alice, 1, 0), 0, 1)
	old.Close()
	l.wantMetric("starling_sessions_closed_total", "lost", 1)
	if got := l.counts(); got.Leechers != 1 {
		t.Errorf("got %+v, want the peer of the second socket", got)
	}
	other.join(bob, 0, 1)
	if got := now.get(); got.Kind != wsproto.KindOffer || got.PeerID != bob {
		t.Errorf("got %+v, want bob's offer", got)
	}
}

func TestSeedersFindEachOther(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	b.join(bob, 0, 0)
	a.join(alice, 0, 3)
	if got := b.get(); got.Kind != wsproto.KindOffer || got.PeerID != alice {
		t.Errorf("got %+v, want alice's offer", got)
	}
	a.nothing("an offer to oneself")
	b.nothing("a second offer to the only other peer")
}

func TestAnswersNobodyMayGiveAreDroppedInSilence(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	answer := func(from, to bittorrent.PeerID, n byte) string {
		return string(wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{
			InfoHash: hash, PeerID: from, ToPeerID: to, OfferID: offerID(n), SDP: []byte(answerSDP),
		}))
	}
	b.send(answer(bob, alice, 0))
	b.nothing("an answer of who did not join")
	if got := l.counts(); got != (swarm.Stats{}) {
		t.Errorf("got %+v, want an answer to join nobody", got)
	}
	b.join(bob, 1, 0)
	a.join(alice, 0, 1)
	if got := b.get(); got.Kind != wsproto.KindOffer {
		t.Fatalf("got %v, want an offer", got.Kind)
	}
	for name, text := range map[string]string{
		"to who is not there":    answer(bob, carol, 0),
		"to another offer":       answer(bob, alice, 7),
		"of somebody else's":     answer(carol, alice, 0),
		"with an answer of null": strings.Replace(answer(bob, alice, 0), answerSDP, "null", 1), // an announce, that is
	} {
		b.send(text)
		if strings.Contains(text, `"answer":null`) {
			b.reply()
		}
		b.nothing(name)
		a.nothing(name)
	}
	b.send(answer(bob, alice, 0))
	if got := a.get(); got.Kind != wsproto.KindAnswer || got.PeerID != bob {
		t.Errorf("got %+v, want bob's answer", got)
	}
}

func TestAPageWithFiftyTorrentsIsServedAtOnce(t *testing.T) {
	l := start(t, nil)
	b := l.dial()
	sdp := `{"type":"offer","sdp":"` + strings.Repeat("a=candidate", 100) + `"}`
	go func() {
		for n := range byte(50) {
			r := wsproto.AnnounceRequest{InfoHash: bittorrent.InfoHash{n}, PeerID: alice, Left: 1, NumWant: 10}
			for o := range byte(10) {
				r.Offers = append(r.Offers, wsproto.Offer{ID: offerID(o), SDP: []byte(sdp)})
			}
			_ = b.conn.Write(t.Context(), websocket.MessageText, wsproto.AppendAnnounce(nil, &r))
		}
	}()
	for n := range byte(50) {
		if got := b.get(); got.Kind != wsproto.KindReply || got.InfoHash != (bittorrent.InfoHash{n}) {
			t.Fatalf("got %v of %v, want the reply to announce %d", got.Kind, got.InfoHash, n)
		}
	}
}

func TestFailuresSayWhatClientsMaySeeAndAreCounted(t *testing.T) {
	for _, row := range []struct {
		err    error
		reason swarm.Reason
		text   string
	}{
		{swarm.RefusedError{Reason: swarm.Overloaded}, swarm.Overloaded, "tracker is full, try again later"},
		{fmt.Errorf("announce: %w", swarm.RefusedError{Reason: swarm.Unavailable}), swarm.Unavailable, "tracker is unavailable, try again later"},
		{errors.New("secret cause"), swarm.Internal, "internal error"},
	} {
		f := &fake{
			announce: func(_ wstracker.Receiver, _ swarm.Announce, _ []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error) {
				return swarm.Reply{}, out, row.err
			},
			scrape: func([]bittorrent.InfoHash) ([]swarm.Stats, error) { return nil, row.err },
		}
		b := startFake(t, f, nil).dial()
		want := `{"action":"announce","failure reason":"` + row.text + `","info_hash":` + hashJSON + `}`
		for i, text := range []string{with(``), `{"action":"scrape","info_hash":` + hashJSON + `}`} {
			b.send(text)
			if got := b.line(); got != want || f.refusals(row.reason) != i+1 {
				t.Errorf("%s: got %s, and %v refusals, want %s", text, got, f.refused, want)
			}
		}
	}
}

func TestScrapesOfNothingReachNoStore(t *testing.T) {
	f := new(fake)
	b := startFake(t, f, nil).dial()
	b.nothing("a scrape of nothing")
	b.send(`{"action":"scrape"}`)
	b.get()
	if f.scrapes != 0 {
		t.Errorf("got %d scrapes of the store, want none", f.scrapes)
	}
	b.send(with(``))
	b.get()
	if f.answered != 1 {
		t.Errorf("got %d announces timed, want 1", f.answered)
	}
}

func TestAPanicEndsItsSessionAlone(t *testing.T) {
	var closed atomic.Int32
	f := &fake{
		announce: func(_ wstracker.Receiver, a swarm.Announce, _ []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error) {
			if a.Peer.ID() == alice {
				panic("a mistake")
			}
			return swarm.Reply{}, out, nil
		},
		closed: func() {
			if closed.Add(1) == 1 {
				panic("another one")
			}
		},
	}
	l := startFake(t, f, nil)
	other, c := l.dial(), l.dialRaw()
	c.write(fin|opText, announce(alice, 1, bittorrent.None, 0))
	c.wantClose(1011)
	l.wantMetric("starling_ws_panics_total", "", 2)
	l.wantMetric("starling_sessions_closed_total", "panic", 1)
	other.join(bob, 1, 0)
}

func TestMessagesThatAreTooLargeEndTheSocketWith1009(t *testing.T) {
	limit := func(o *wstracker.Options) { o.MaxMessage = 8 << 10 }
	exact := with(`,"x":"`) // up to the closing quote
	exact = exact[:len(exact)-1] + strings.Repeat("x", 8<<10-len(exact)-1) + `"}`
	l := start(t, limit)
	c := l.dialRaw()
	c.write(fin|opText, exact)
	c.want(opText, `{"complete":0`)
	for _, size := range []int{8<<10 + 1, 1 << 20} {
		c := l.dialRaw()
		go c.Write(frame(fin|opText, strings.Repeat("x", size)))
		c.wantClose(1009)
	}
	c = l.dialRaw() // in fragments, of which each is small
	go func() {
		op := byte(opText)
		for range 9 {
			c.Write(frame(op, strings.Repeat("x", 1<<10)))
			op = opContinuation
		}
	}()
	c.wantClose(1009)
	l.wantMetric("starling_sessions_closed_total", "too_large", 3)
}

func TestWhoDoesNotAnswerACloseIsCutOff(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.MaxMessage, o.WriteTimeout = 8<<10, 200*time.Millisecond })
	for _, trickles := range []bool{false, true} {
		c := l.dialRaw()
		c.Write(frame(fin|opText, strings.Repeat("x", 1<<20))[:9<<10]) // the rest never comes
		c.want(opClose, "\x03\xf1")                                    // 1009
		await(t, "the session to be gone", func() bool {
			if trickles {
				_, _ = c.Write([]byte("x")) // fails once it is
			}
			return l.metric("starling_sessions", "") == 0
		})
	}
	l.wantMetric("starling_sessions_closed_total", "too_large", 2)
}

func TestMessagesMayBeFragmentedAndBinaryWithPingsInBetween(t *testing.T) {
	c := start(t, nil).dialRaw()
	text := announce(alice, 0, bittorrent.Started, 0)
	for _, op := range []byte{opText, opBinary} {
		for _, at := range []int{0, 1, 20, len(text)} {
			c.write(op, text[:at])
			c.write(fin|opPing, "between")
			c.write(opContinuation, "")
			c.write(fin|opContinuation, text[at:])
			c.want(opPong, "between")
			c.want(opText, `{"complete":1,"incomplete":0,`)
		}
	}
}

func TestAMessageThatComesWithTheHandshakeIsRead(t *testing.T) {
	c := start(t, nil).dialRaw(frame(fin|opText, announce(alice, 0, bittorrent.Started, 20))...)
	c.want(opText, `{"complete":1,"incomplete":0,`)
}

func TestBrokenFramesEndTheSocket(t *testing.T) {
	for name, bytes := range map[string]string{
		"a reserved bit":            "\xc1\x80\x00\x00\x00\x00",
		"an unknown opcode":         "\x83\x80\x00\x00\x00\x00",
		"a continuation of nothing": "\x80\x80\x00\x00\x00\x00",
		"a long ping":               "\x89\xfe\x00\x7e\x00\x00\x00\x00",
		"a fragmented ping":         "\x09\x80\x00\x00\x00\x00",
		"a frame without a mask":    "\x81\x02{}",
	} {
		t.Run(name, func(t *testing.T) {
			l := start(t, nil)
			c := l.dialRaw()
			c.Write([]byte(bytes))
			c.wantClose(1002)
			l.wantMetric("starling_sessions_closed_total", "protocol", 1)
			l.wantMetric("starling_sessions", "", 0)
		})
	}
}
