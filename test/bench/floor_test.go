//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// runs has serve run until the test ends, and then return without an error.
func runs(t *testing.T, serve func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("when it was stopped: got %v, want no error", err)
		}
	})
}

func TestHTTPFloorAnswersOnKeptAndClosedConnections(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	runs(t, func(ctx context.Context) error { return floorHTTP(ctx, listener) })
	for _, keep := range []bool{true, false} {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}, Timeout: 10 * time.Second}
		answer, err := client.Get("http://" + listener.Addr().String() + "/announce?info_hash=x")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		client.CloseIdleConnections()
		if want := constantBody(); err != nil || !bytes.Equal(body, want) {
			t.Errorf("keep-alive %t: got %q (%v), want %q", keep, body, err, want)
		}
		if answer.ContentLength != int64(len(body)) || answer.Close == keep {
			t.Errorf("keep-alive %t: got length %d, close %t, want %d, %t", keep, answer.ContentLength, answer.Close, len(body), !keep)
		}
	}
}

func TestFloorsAreOfThreeProtocols(t *testing.T) {
	if err := serveFloor(t.Context(), "tcp", "127.0.0.1:0"); err == nil {
		t.Error("tcp: got a floor, want an error")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, protocol := range []string{"udp", "http", "ws", "ws-gathered"} {
		if err := serveFloor(ended, protocol, "127.0.0.1:0"); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s when it is over: got %v, want no error", protocol, err)
		}
	}
}
