//go:build linux

package main

import (
	"context"
	"net"
	"testing"
	"time"

	trackerload "github.com/starling-tracker/starling/internal/load"
)

// The generator itself judges the floors: whatever it sends, and however it writes hashes and IDs, the
// floor's constant replies, relayed offers and answers are those that it waits for.
func TestWebSocketFloorsRelayEveryOfferAndEveryAnswer(t *testing.T) {
	for _, gathered := range []bool{false, true} {
		for seed := range uint64(3) {
			listener, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- floorWS(ctx, listener, gathered) }()
			r, err := trackerload.RunWebSocket(t.Context(), trackerload.WebSocketOptions{
				Targets: []string{"ws://" + listener.Addr().String() + "/announce"}, Sockets: 30, Swarms: 5, Seeders: 0.5,
				Offers: offersAnAnnounce, SDPBytes: 750, Answers: 1, Window: 8, Seed: seed,
				Timeout: 10 * time.Second, Length: 200 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.AnswersPerAnnounce != offersAnAnnounce || r.OffersLost+r.AnswersLost+r.RepliesLost != 0 || len(r.Errors) != 0 {
				t.Errorf("gathered %t, seed %d: got %v answers an announce of %d, %d offers lost, errors %v, want %d and none",
					gathered, seed, r.AnswersPerAnnounce, r.Announces, r.OffersLost, r.Errors, offersAnAnnounce)
			}
			cancel()
			if err := <-done; err != nil {
				t.Errorf("when it was stopped: got %v, want no error", err)
			}
		}
	}
}

func TestAHeldConnectionWritesWhenItIsFlushed(t *testing.T) {
	ours, theirs := net.Pipe() // where a write returns when it was read
	defer theirs.Close()
	ours.SetDeadline(time.Now().Add(10 * time.Second)) // a write that nobody reads must not wait for ever
	c := &heldConn{Conn: ours}
	c.hold()
	for _, text := range []string{"one ", "two"} {
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		_ = c.flush()
		ours.Close()
	}()
	got := make([]byte, 64)
	if n, err := theirs.Read(got); err != nil || string(got[:n]) != "one two" {
		t.Errorf("got %q (%v), want one two in one write", got[:n], err)
	}
}
