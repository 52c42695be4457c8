package wsproto_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// counting is 20 bytes that count up from first.
func counting(first byte) (id [20]byte) {
	for i := range id {
		id[i] = first + byte(i)
	}
	return id
}

// The strings of these tests are easily read in a message; those of the files in testdata are not.
const (
	hashText  = "HHHHHHHHHHHHHHHHHHHH"
	peerText  = "PPPPPPPPPPPPPPPPPPPP"
	otherText = "TTTTTTTTTTTTTTTTTTTT"
	offerText = "OOOOOOOOOOOOOOOOOOOO"
	someSDP   = `{"type":"offer","sdp":"v=0\r\n"}`
)

var (
	hash    = bittorrent.InfoHash([]byte(hashText))
	peer    = bittorrent.PeerID([]byte(peerText))
	other   = bittorrent.PeerID([]byte(otherText))
	offerID = bittorrent.OfferID([]byte(offerText))
)

// announceWith is an announce with more members, which begin with a comma.
func announceWith(members string) string {
	return `{"action":"announce","info_hash":"` + hashText + `","peer_id":"` + peerText + `"` + members + `}`
}

// announced is what every announce of announceWith is read as.
func announced() wsproto.Message {
	return wsproto.Message{InfoHash: hash, HasInfoHash: true, PeerID: peer, Hashes: []bittorrent.InfoHash{hash}}
}

func answerWith(members string) string {
	return announceWith(`,"to_peer_id":"` + otherText + `","offer_id":"` + offerText + `"` + members)
}

// check parses text into a Message that was used, since nothing of the first time may show.
func check(t *testing.T, text string, want wsproto.Message) {
	t.Helper()
	used := wsproto.Message{MaxOffers: want.MaxOffers}
	_ = wsproto.Parse([]byte(answerWith(`,"event":"completed","left":0,"answer":`+someSDP+
		`,"offers":[null,{"offer":`+someSDP+`,"offer_id":"`+hashText+`"}]`)), &used)
	if err := wsproto.Parse([]byte(text), &used); err != nil {
		t.Errorf("%s: got error %v", text, err)
		return
	}
	if diff := cmp.Diff(want, used, cmp.Transformer("text", func(b []byte) string { return string(b) }), emptyIsNil); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", text, diff)
	}
}

var emptyIsNil = cmp.FilterValues(
	func(a, b any) bool { return isEmpty(a) && isEmpty(b) },
	cmp.Comparer(func(a, b any) bool { return true }))

func isEmpty(v any) bool {
	switch v := v.(type) {
	case []wsproto.Offer:
		return len(v) == 0
	case []bittorrent.InfoHash:
		return len(v) == 0
	}
	return false
}

// checkRefused wants text refused, and its info hash known if it has one.
func checkRefused(t *testing.T, text string, want wsproto.Error, known bool) {
	t.Helper()
	var m wsproto.Message
	err := wsproto.Parse([]byte(text), &m)
	if !errors.Is(err, want) || m.HasInfoHash != known || known != (m.InfoHash == hash) {
		t.Errorf("%.200s: got error %v, info hash %v (%v), want %v, %v", text, err, m.InfoHash, m.HasInfoHash, want, known)
	}
}

// golden returns a message that JSON.stringify of Node 20 wrote.
func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// member cuts an object out of a golden message, from the one that begins with text.
func member(t *testing.T, message, text string) []byte {
	t.Helper()
	at := strings.Index(message, text)
	if at < 0 {
		t.Fatalf("no %s in %s", text, message)
	}
	return []byte(message[at : at+strings.IndexByte(message[at:], '}')+1])
}
