package interop_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A browser is what a tracker sees of one: a socket, and whom it says to be on it.
type browser struct {
	*websocket.Conn

	peerID string
	heard  chan message // closed when the socket is
}

// listen reads until the socket is closed, as browsers do, and answers pings by that.
func (b *browser) listen() {
	defer close(b.heard)
	for {
		var m message
		_, text, err := b.Read(context.Background())
		if err != nil || json.Unmarshal(text, &m) != nil {
			return
		}
		b.heard <- m
	}
}

// A message is any of those between a browser and its tracker. Its binary strings hold letters.
type message struct {
	Action   string          `json:"action"`
	InfoHash string          `json:"info_hash"`
	PeerID   string          `json:"peer_id"`
	ToPeerID string          `json:"to_peer_id,omitempty"`
	Left     int             `json:"left"`
	Interval int             `json:"interval,omitempty"`
	Offers   []offer         `json:"offers,omitempty"`
	OfferID  string          `json:"offer_id,omitempty"`
	Offer    json.RawMessage `json:"offer,omitempty"`
	Answer   json.RawMessage `json:"answer,omitempty"`
}

type offer struct {
	ID    string          `json:"offer_id"`
	Offer json.RawMessage `json:"offer"`
}

func (b *browser) send(t *testing.T, m message) {
	t.Helper()
	m.Action, m.PeerID = "announce", b.peerID
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), websocket.MessageText, text); err != nil {
		t.Fatal(err)
	}
}

// receive returns the next message that is wanted.
func (b *browser) receive(t *testing.T, what string, wanted func(message) bool) message {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case m, ok := <-b.heard:
			if !ok {
				t.Fatalf("got a closed socket, want %s", what)
			}
			if wanted(m) {
				return m
			}
		case <-late:
			t.Fatalf("got nothing within %v, want %s", patience, what)
		}
	}
}

// idle has browsers say nothing for so long, and hear nothing.
func idle(t *testing.T, browsers []*browser, long time.Duration) {
	t.Helper()
	over, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	for _, b := range browsers {
		select {
		case m, ok := <-b.heard:
			t.Fatalf("got message %+v (socket open: %v) while nobody said anything, want none", m, ok)
		case <-over.Done():
		}
	}
}

// randomID returns 20 letters.
func randomID() string { return rand.Text()[:20] }
