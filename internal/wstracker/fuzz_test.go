package wstracker_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// FuzzSession sends any message, and then one of which the answer is known: whatever a message holds, its
// session goes on, and all that it is answered with, or that others get of it, is JSON in UTF-8 with an action.
func FuzzSession(f *testing.F) {
	f.Add([]byte(`{`))
	f.Add([]byte(announce(alice, 0, bittorrent.Started, 3)))
	f.Add([]byte(announce(bob, 1, bittorrent.Stopped, 0)))
	f.Add([]byte(`{"action":"scrape","info_hash":["aaaaaaaaaaaaaaaaaaaa"]}`))
	f.Add(wsproto.AppendAnswerRequest(nil, &wsproto.AnswerRequest{InfoHash: hash, PeerID: alice, ToPeerID: bob, SDP: []byte(answerSDP)}))
	f.Add([]byte("{\"action\":\"announce\",\"info_hash\":\"\xff\"}"))
	l := start(f, nil)
	a, b := l.dial(), l.dial()
	b.join(carol, 1, 0)
	f.Fuzz(func(t *testing.T, message []byte) {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for _, who := range []*browser{a, b} {
			if who == a {
				if err := a.conn.Write(ctx, websocket.MessageText, message); err != nil {
					t.Fatal(err)
				}
			}
			if err := who.conn.Write(ctx, websocket.MessageText, []byte(`{"action":"scrape","info_hash":[]}`)); err != nil {
				t.Fatal(err)
			}
			for n := 0; ; n++ {
				_, line, err := who.conn.Read(ctx)
				if err != nil {
					t.Fatalf("%q: got %v, want an answer", message, err)
				}
				var got struct {
					Action string
					Files  map[string]any
				}
				if err := json.Unmarshal(line, &got); err != nil || !utf8.Valid(line) || got.Action == "" {
					t.Fatalf("%q: got %q, %v, want JSON with an action", message, line, err)
				}
				if got.Action == "scrape" && len(got.Files) == 0 {
					break
				}
				if n > 30 {
					t.Fatalf("%q: got %d messages, want fewer", message, n)
				}
			}
		}
	})
}
