package wstracker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/wstracker"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// The binary strings of a message, as JSON.
const (
	hashJSON  = `"aaaaaaaaaaaaaaaaaaaa"`
	aliceJSON = `"-WW0102-alice-------"`
	bobJSON   = `"-WW0102-bob---------"`
)

// with returns an announce of alice's that says more.
func with(more string) string {
	return `{"action":"announce","info_hash":` + hashJSON + `,"peer_id":` + aliceJSON + more + `}`
}

// wantCounts fails the test unless got is a reply with so many seeders and leechers.
func wantCounts(t *testing.T, what string, got wsproto.ServerMessage, seeders, leechers uint32) {
	t.Helper()
	if got.Kind != wsproto.KindReply || got.Complete != seeders || got.Incomplete != leechers {
		t.Errorf("%s: got %v %+v, want %d seeders and %d leechers", what, got.Kind, got, seeders, leechers)
	}
}

func TestRolesThatLeftStandsFor(t *testing.T) {
	for more, seeder := range map[string]bool{
		`,"left":0`: true, `,"left":"0"`: true, `,"left":null`: false, ``: false, `,"left":-1`: false, `,"left":1.5`: false,
		`,"left":"7"`: false, `,"left":18446744073709551616`: false, `,"left":1e400`: false, `,"left":[]`: false,
		`,"event":"completed"`: true, `,"event":"completed","left":5`: false, `,"event":"completed","left":0`: true,
		`,"event":"started"`: false, `,"event":"started","left":0`: true,
	} {
		b := start(t, nil).dial()
		b.send(with(more))
		got := b.get()
		if (got.Complete == 1) != seeder || got.Complete+got.Incomplete != 1 {
			t.Errorf("%s: got %d seeders and %d leechers, want a seeder: %v", more, got.Complete, got.Incomplete, seeder)
		}
	}
}

func TestAnUpdateWithoutLeftKeepsTheRole(t *testing.T) {
	l := start(t, nil)
	b := l.dial()
	for _, step := range []struct {
		more              string
		seeders, leechers uint32
	}{
		{`,"left":0,"event":"started"`, 1, 0},
		{``, 1, 0},
		{`,"event":"update"`, 1, 0},
		{`,"left":3`, 0, 1},
		{``, 0, 1},
		{`,"event":"completed"`, 1, 0},
		{`,"event":""`, 1, 0},
		{`,"left":null`, 0, 1},
	} {
		b.send(with(step.more))
		wantCounts(t, step.more, b.get(), step.seeders, step.leechers)
	}
	b.send(with(`,"left":0`))
	wantCounts(t, "a seeder again", b.get(), 1, 0)
	other := l.dial()
	other.send(with(``))
	wantCounts(t, "on a new socket", other.get(), 0, 1)
}

func TestEvents(t *testing.T) {
	for _, event := range []string{`""`, `null`, `"empty"`, `"update"`, `"paused"`, `"started"`} {
		b := start(t, nil).dial()
		b.send(with(`,"event":` + event))
		wantCounts(t, event, b.get(), 0, 1)
	}
	b := start(t, nil).dial()
	b.send(with(`,"event":"nonsense"`))
	if got := b.line(); got != `{"action":"announce","failure reason":"invalid event","info_hash":`+hashJSON+`}` {
		t.Errorf("got %s, want a failure that names the swarm", got)
	}
	b.send(with(`,"event":"completed","left":0`))
	wantCounts(t, "completed before started", b.get(), 1, 0)
	b.send(with(`,"event":"started","left":0`))
	wantCounts(t, "started after completed", b.get(), 1, 0)
}

func TestStoppedIsRepliedToAndItsOffersGoNowhere(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	b.join(bob, 1, 0)
	a.join(alice, 0, 0)
	a.send(announce(alice, 0, bittorrent.Stopped, 5))
	wantCounts(t, "stopped", a.reply(), 0, 1)
	a.nothing("to who stopped")
	b.nothing("offers of who stopped")
	a.send(announce(carol, 0, bittorrent.Stopped, 0))
	wantCounts(t, "stopped by a stranger", a.reply(), 0, 1)
	if got := l.counts(); got.Seeders != 0 || got.Leechers != 1 {
		t.Errorf("got %+v, want bob alone", got)
	}
}

func TestOddOffersAreSkippedAndTheAnnounceStands(t *testing.T) {
	good := func(id string) string { return `{"offer_id":"` + id + `","offer":` + offerSDP + `}` }
	const one, two = "11111111111111111111", "22222222222222222222"
	for name, row := range map[string]struct {
		offers string
		want   []string // IDs of those that go out
	}{
		"null":              {`null`, nil},
		"an empty list":     {`[]`, nil},
		"no list":           {`{"0":` + good(one) + `}`, nil},
		"a number":          {`7`, nil},
		"a text":            {`"offers"`, nil},
		"a list of nulls":   {`[null,null]`, nil},
		"a null item":       {`[null,` + good(one) + `]`, []string{one}},
		"no offer_id":       {`[{"offer":` + offerSDP + `},` + good(two) + `]`, []string{two}},
		"no offer":          {`[{"offer_id":"` + one + `"},` + good(two) + `]`, []string{two}},
		"an offer of null":  {`[{"offer_id":"` + one + `","offer":null}]`, nil},
		"no sdp":            {`[{"offer_id":"` + one + `","offer":{"type":"offer"}}]`, nil},
		"a short offer_id":  {`[{"offer_id":"x","offer":` + offerSDP + `}]`, nil},
		"lists in the list": {`[[[` + good(one) + `]],` + good(two) + `]`, []string{two}},
	} {
		l := start(t, nil)
		var others []*browser
		for n := range byte(3) {
			b := l.dial()
			b.send(strings.Replace(with(""), "alice", "other", 1)[:len(with(""))-1] + fmt.Sprintf(`,"x":%d}`, n))
			others = append(others, b)
			b.get()
			b.send(strings.Replace(with(""), "alice", fmt.Sprintf("othe%d", n), 1))
			b.get()
		}
		a := l.dial()
		a.send(with(`,"left":0,"offers":` + row.offers))
		if got := a.get(); got.Kind != wsproto.KindReply || got.Complete != 1 {
			t.Errorf("%s: got %+v, want a reply that counts the announcer", name, got)
		}
		a.nothing(name)
		got := 0
		for _, b := range others {
			b.send(`{"action":"scrape","info_hash":[]}`)
			for m := b.get(); m.Kind != wsproto.KindScrape; m = b.get() {
				got++
				if len(row.want) == 0 || string(m.OfferID[:]) != row.want[0] {
					t.Errorf("%s: got the offer %q, want %q", name, m.OfferID[:], row.want)
				}
			}
		}
		if got != len(row.want) {
			t.Errorf("%s: got %d offers, want %d", name, got, len(row.want))
		}
	}
}

func TestMoreOffersThanAllowedAreIgnored(t *testing.T) {
	l := start(t, func(o *wstracker.Options) { o.MaxOffers = 3 })
	b := l.dial()
	for n := range byte(6) {
		b.join(bittorrent.PeerID{n}, 1, 0)
	}
	a := l.dial()
	a.join(alice, 0, 6)
	a.nothing("besides the reply")
	for range 3 {
		if got := b.get(); got.Kind != wsproto.KindOffer || got.OfferID[19] >= 3 {
			t.Errorf("got %v %v, want one of the first three offers", got.Kind, got.OfferID)
		}
	}
	b.nothing("more offers than allowed")
}

func TestNumwantDoesNotLimitOffers(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	for n := range byte(2) {
		b.join(bittorrent.PeerID{n}, 1, 0)
	}
	for _, numwant := range []string{"0", "1", "-1", "null", `"x"`, "1e9"} {
		text := announce(alice, 1, bittorrent.None, 2)
		a.send(strings.Replace(text, `{"numwant":2`, `{"numwant":`+numwant, 1))
		a.reply()
		for range 2 {
			if got := b.get(); got.Kind != wsproto.KindOffer || got.PeerID != alice {
				t.Errorf("numwant %s: got %+v, want each of two offers with somebody", numwant, got)
			}
		}
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	const id = `,"peer_id":` + aliceJSON
	for message, want := range map[string]struct{ word, hash string }{
		`{`:                               {"malformed", `""`},
		``:                                {"malformed", `""`},
		`[]`:                              {"malformed", `""`},
		`null`:                            {"malformed", `""`},
		`7`:                               {"malformed", `""`},
		`"announce"`:                      {"malformed", `""`},
		`{"action":"announce"} x`:         {"malformed", `""`},
		strings.Repeat("[", 100000):       {"malformed", `""`},
		strings.Repeat(`{"a":`, 40000):    {"malformed", `""`},
		`{}`:                              {"action", `""`},
		`{"action":7}`:                    {"action", `""`},
		`{"action":"connect"}`:            {"action", `""`},
		`{"info_hash":` + hashJSON + `}`:  {"action", hashJSON},
		`{"action":"announce"` + id + `}`: {"info_hash", `""`},
		`{"action":"announce","info_hash":"short"` + id + `}`:                                                      {"info_hash", `""`},
		`{"action":"announce","info_hash":"aaaaaaaaaaaaaaaaaaa\u0100"` + id + `}`:                                  {"info_hash", `""`},
		`{"action":"announce","info_hash":"aaaaaaaaaaaaaaaaaaa\ud800"` + id + `}`:                                  {"info_hash", `""`},
		`{"action":"announce","info_hash":` + hashJSON + `}`:                                                       {"peer_id", hashJSON},
		`{"action":"announce","info_hash":` + hashJSON + `,"peer_id":"aaaaaaaaaaaaaaaaaaaaa"}`:                     {"peer_id", hashJSON},
		`{"action":"announce","info_hash":` + hashJSON + id + `,"answer":{"sdp":""}}`:                              {"to_peer_id", hashJSON},
		`{"action":"announce","info_hash":` + hashJSON + id + `,"answer":{"sdp":""},"to_peer_id":"x"}`:             {"to_peer_id", hashJSON},
		`{"action":"announce","info_hash":` + hashJSON + id + `,"answer":{"sdp":""},"to_peer_id":` + bobJSON + `}`: {"offer_id", hashJSON},
		`{"action":"scrape","info_hash":7}`:                                                                        {"info_hash", `""`},
		`{"action":"scrape","info_hash":"short"}`:                                                                  {"info_hash", `""`},
		`{"action":"scrape"}`: {"info_hash", `""`},
	} {
		b := start(t, nil).dial()
		for _, typ := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
			if err := b.conn.Write(t.Context(), typ, []byte(message)); err != nil {
				t.Fatal(err)
			}
			got := b.line()
			if !strings.HasPrefix(got, `{"action":"announce","failure reason":"`) || !strings.Contains(got, want.word) ||
				!strings.HasSuffix(got, `","info_hash":`+want.hash+`}`) {
				t.Errorf("%.80s: got %s, want a failure that says %s, and info_hash %s", message, got, want.word, want.hash)
			}
		}
		b.send(with(``))
		wantCounts(t, "an announce after "+message[:min(len(message), 80)], b.get(), 0, 1)
	}
}

func TestTextThatIsNotUTF8IsRelayedToNobody(t *testing.T) {
	l := start(t, nil)
	a, b := l.dial(), l.dial()
	b.join(bob, 1, 0)
	bad := strings.Replace(announce(alice, 0, bittorrent.Started, 1), "v=0", "v=\xff", 1)
	for _, typ := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		if err := a.conn.Write(t.Context(), typ, []byte(bad)); err != nil {
			t.Fatal(err)
		}
		if got := a.line(); !strings.HasSuffix(got, `"info_hash":""}`) {
			t.Errorf("got %s, want a failure", got)
		}
	}
	b.nothing("an offer with a byte 0xff")
	wantCounts(t, "afterwards", a.join(alice, 0, 0), 1, 1)
}

func TestScrapes(t *testing.T) {
	l := start(t, nil)
	b := l.dial()
	b.send(with(`,"left":0`))
	b.get()
	const empty = `{"action":"scrape","files":{},"flags":{"min_request_interval":600}}`
	const counts = `{"action":"scrape","files":{` + hashJSON + `:{"complete":1,"incomplete":0,"downloaded":0}},"flags":{"min_request_interval":600}}`
	const both = `{"action":"scrape","files":{` + hashJSON + `:{"complete":1,"incomplete":0,"downloaded":0},` +
		`"bbbbbbbbbbbbbbbbbbbb":{"complete":0,"incomplete":0,"downloaded":0}},"flags":{"min_request_interval":600}}`
	for question, want := range map[string]string{
		`{"action":"scrape","info_hash":` + hashJSON + `}`:                          counts,
		`{"action":"scrape","info_hash":[` + hashJSON + `]}`:                        counts,
		`{"action":"scrape","info_hash":[` + hashJSON + `,"bbbbbbbbbbbbbbbbbbbb"]}`: both,
		`{"action":"scrape","info_hash":[]}`:                                        empty,
	} {
		b.send(question)
		if got := b.line(); got != want {
			t.Errorf("%s: got\n%s, want\n%s", question, got, want)
		}
	}
}

func TestAThousandMalformedMessagesInARowEndTheSocket(t *testing.T) {
	l := start(t, nil)
	c := l.dialRaw()
	go func() {
		for range 1000 {
			if _, err := c.Write(frame(fin|opText, "{")); err != nil {
				return // it was closed meanwhile
			}
		}
	}()
	c.wantClose(1008)
	l.wantMetric("starling_sessions_closed_total", "malformed", 1)
}

func TestAGoodMessageForgivesTheMalformedOnes(t *testing.T) {
	b := start(t, nil).dial()
	for range 5 {
		for range 99 {
			b.send("{")
			b.line()
		}
		b.send(`{"action":"scrape","info_hash":[]}`)
		b.line()
	}
	b.send(`{"action":"nonsense"}`) // which is no malformed one
	b.line()
}
