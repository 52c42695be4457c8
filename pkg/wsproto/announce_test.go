package wsproto_test

import (
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestEventsAreUpdatesOrNamed(t *testing.T) {
	for value, want := range map[string]bittorrent.Event{
		"": bittorrent.None, `null`: bittorrent.None, `""`: bittorrent.None, `"empty"`: bittorrent.None,
		`"update"`: bittorrent.None, `"paused"`: bittorrent.None, `"started"`: bittorrent.Started,
		`"stopped"`: bittorrent.Stopped, `"completed"`: bittorrent.Completed, `"Started"`: bittorrent.Started,
		`"st\u006Fpped"`: bittorrent.Stopped,
	} {
		text := announceWith("")
		if value != "" {
			text = announceWith(`,"event":` + value)
		}
		m := announced()
		m.Event = want
		check(t, text, m)
	}
}

func TestUnknownEventsAreRefused(t *testing.T) {
	for _, value := range []string{`"start"`, `"none"`, `2`, `true`, `{}`, `["started"]`, `"\ud800"`, `"€"`, `"startedstartedstartedstartedstarted"`} {
		checkRefused(t, announceWith(`,"event":`+value), wsproto.ErrEvent, true)
	}
}

func TestLeftIsAbsentOrZeroOrSome(t *testing.T) {
	check(t, announceWith(""), announced())
	for want, values := range map[wsproto.Left][]string{
		wsproto.LeftZero: {`0`, `"0"`, `-0`, `0.0`, `0e5`, `0E+5`, `-0.00e-1`},
		wsproto.LeftSome: {
			`null`, `-1`, `1.5`, `0.5`, `"7"`, `7`, `4294967296`, `18446744073709551616`, `1e400`, `1e-400`, `""`, `"00"`, `" 0"`, `"x"`,
			`true`, `false`, `[]`, `[0]`, `{}`, `{"0":0}`, `10`,
		},
	} {
		for _, value := range values {
			m := announced()
			m.Left = want
			check(t, announceWith(`,"left":`+value), m)
		}
	}
}

func TestOtherMembersAreOfNoMatter(t *testing.T) {
	m := announced()
	check(t, announceWith(`,"uploaded":"x","downloaded":{"left":0},"numwant":null,"trackerid":[],"key":1e9,"€":[{"a":[null,true,false]}],"":""`), m)
	check(t, " \t\r\n"+announceWith(` , "uploaded" : 0 `)+"\n", m)
}

func TestKeysMayBeEscaped(t *testing.T) {
	check(t, `{"\u0061ction":"ann\u006funce","info\u005Fhash":"`+hashText+`","peer_id":"`+peerText+`"}`, announced())
}

func TestTheLastOfTwoKeysCounts(t *testing.T) {
	m := announced()
	m.Left = wsproto.LeftZero
	check(t, `{"action":"scrape","info_hash":["`+otherText+`"],"left":1,"offers":[null,{"offer":`+someSDP+`,"offer_id":"`+offerText+`"}],`+
		`"event":"stopped","answer":1,"action":"announce","info_hash":"`+hashText+`","peer_id":7,"peer_id":"`+peerText+
		`","left":0,"offers":0,"event":"","answer":null}`, m)
	checkRefused(t, announceWith(`,"info_hash":"short"`), wsproto.ErrInfoHash, false)
	checkRefused(t, announceWith(`,"peer_id":null`), wsproto.ErrPeerID, true)
	checkRefused(t, announceWith(`,"action":"x"`), wsproto.ErrAction, true)
}

func TestRefusalsNameTheSwarmWheneverItIsKnown(t *testing.T) {
	const h, p = `"info_hash":"` + hashText + `"`, `"peer_id":"` + peerText + `"`
	for _, row := range []struct {
		text  string
		want  wsproto.Error
		known bool
	}{
		{`{}`, wsproto.ErrAction, false},
		{`{` + h + `,` + p + `}`, wsproto.ErrAction, true},
		{`{"action":"Announce",` + h + `,` + p + `}`, wsproto.ErrAction, true},
		{`{"action":null,` + h + `}`, wsproto.ErrAction, true},
		{`{"action":1,` + h + `}`, wsproto.ErrAction, true},
		{`{"action":"connect"}`, wsproto.ErrAction, false},
		{`{"action":"announce",` + p + `}`, wsproto.ErrInfoHash, false},
		{`{"action":"announce","info_hash":null,` + p + `}`, wsproto.ErrInfoHash, false},
		{`{"action":"announce","info_hash":["` + hashText + `"],` + p + `}`, wsproto.ErrInfoHash, false},
		{`{"action":"announce","info_hash":"` + hashText + `H",` + p + `}`, wsproto.ErrInfoHash, false},
		{`{"action":"announce",` + h + `}`, wsproto.ErrPeerID, true},
		{`{"action":"announce","peer_id":"x",` + h + `}`, wsproto.ErrPeerID, true},
		{`{"action":"announce","peer_id":20,` + h + `}`, wsproto.ErrPeerID, true},
		{`{"action":"announce","peer_id":null,"event":"x",` + h + `}`, wsproto.ErrPeerID, true},
	} {
		checkRefused(t, row.text, row.want, row.known)
	}
}

func TestErrorsAreSentencesForClients(t *testing.T) {
	seen := map[string]bool{}
	for e := range wsproto.Error(wsproto.Errors) {
		if text := e.Error(); text == "" || seen[text] {
			t.Errorf("error %d: got text %q, want one of its own", e, text)
		}
		seen[e.Error()] = true
	}
	for kind, want := range map[wsproto.Kind]string{wsproto.KindAnnounce: "announce", wsproto.KindFailure: "failure"} {
		if kind.String() != want {
			t.Errorf("got %q, want %q", kind, want)
		}
	}
}
