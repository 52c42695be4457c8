package udptracker_test

import (
	"context"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// ended is a context that is done.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestWhatHasArrivedIsAnsweredAfterTheEnd(t *testing.T) {
	for _, nw := range networks {
		t.Run(nw.name, func(t *testing.T) {
			n := open(t, setup{network: nw})
			var clients []*client
			for range 20 {
				c := n.dial(t)
				c.send(udpproto.AppendConnectRequest(nil, c.header().TransactionID))
				clients = append(clients, c)
			}
			if err := n.Run(ended()); err != nil {
				t.Errorf("got error %v from Run, want none", err)
			}
			for _, c := range clients {
				c.isMine(c.receive(), udpproto.ActionConnect)
			}
		})
	}
}

// However long that takes: this tracker is slower than any socket is patient.
func TestWhatHasArrivedIsAnsweredByASlowTrackerToo(t *testing.T) {
	began, resume := make(chan context.Context), make(chan struct{})
	wrap := failing(func(ctx context.Context) error {
		began <- ctx
		<-resume
		<-time.After(25 * time.Millisecond)
		return nil
	})
	n := open(t, setup{wrap: wrap})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	const requests = 8
	c := n.connected(t)
	for range requests {
		r := c.announcement(hashA)
		c.send(r.Append(nil))
	}
	for i := range requests {
		select {
		case ctx := <-began:
			if ctx.Err() != nil {
				t.Errorf("request %d: got a context that is done, want one to answer with", i)
			}
		case err := <-done:
			t.Fatalf("got the end of Run with error %v after %d requests, want %d", err, i, requests)
		}
		cancel() // while the first is being answered and the others wait
		resume <- struct{}{}
	}
	for range requests {
		if action, _, ok := udpproto.ParseReplyHeader(c.receive()); !ok || action != udpproto.ActionAnnounce {
			t.Errorf("got a reply of kind %v, want one to an announce", action)
		}
	}
	if err := <-done; err != nil {
		t.Errorf("got error %v from Run, want none", err)
	}
}

func TestClientsThatGoOnSendingDoNotHoldUpTheEnd(t *testing.T) {
	n := open(t, setup{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	c := n.connected(t)
	cancel()
	const patience = 15 * time.Second
	for began, buf := time.Now(), make([]byte, 100); time.Since(began) < patience; {
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("got error %v from Run, want none", err)
			}
			return
		default: // one packet after the other, so that the socket is never idle for long
			_ = c.conn.SetReadDeadline(time.Now().Add(time.Second))
			_, _ = c.conn.Write(udpproto.AppendConnectRequest(nil, 1))
			_, _ = c.conn.Read(buf)
		}
	}
	t.Errorf("got a frontend that still runs after %v, want its end", patience)
}
