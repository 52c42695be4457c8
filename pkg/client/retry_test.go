package client_test

import (
	"errors"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// impatient tries often enough to get through anything that a test loses.
var impatient = client.Options{RetryAfter: time.Millisecond, Tries: 16}

func TestUDPWaitsAreThoseOfBEP15(t *testing.T) {
	for try, seconds := range []int{15, 30, 60, 120, 240, 480, 960, 1920, 3840, 3840} {
		if got, want := (client.Options{}).Wait(try), time.Duration(seconds)*time.Second; got != want {
			t.Errorf("try %d: got %v, want %v", try, got, want)
		}
	}
	if got, want := (client.Options{RetryAfter: time.Second}).Wait(3), 8*time.Second; got != want {
		t.Errorf("try 3 from a second: got %v, want %v", got, want)
	}
}

func TestUDPSendsAgainWhatWasLost(t *testing.T) {
	for _, row := range []struct {
		name string
		lost []int // packets of the client that never arrive
	}{
		{"connects", []int{0, 1, 2}},
		{"announces", []int{1, 2}},
		{"both", []int{0, 2}},
	} {
		t.Run(row.name, func(t *testing.T) {
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				if slices.Contains(row.lost, n) {
					return nil
				}
				return wellBehaved(n, packet, from)
			})
			got, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, impatient)
			if err != nil || got.Seeders != 1 {
				t.Fatalf("got %+v, %v, want a reply", got, err)
			}
			announces := map[uint32]bool{}
			for _, packet := range server.received(t) {
				if h, _ := udpproto.ParseHeader(packet); h.Action == udpproto.ActionAnnounce {
					announces[h.TransactionID] = true
				}
			}
			if len(announces) != 1 {
				t.Errorf("got %d transaction IDs in the announces, want 1, so that late replies count", len(announces))
			}
		})
	}
}

func TestUDPLateReplyToTheFirstTryCounts(t *testing.T) {
	for _, late := range []udpproto.Action{udpproto.ActionConnect, udpproto.ActionAnnounce} {
		t.Run(late.String(), func(t *testing.T) {
			var first [][]byte
			server := serveUDP(t, "127.0.0.1", func(n int, packet []byte, from *net.UDPAddr) [][]byte {
				header, _ := udpproto.ParseHeader(packet)
				switch {
				case header.Action != late:
					return wellBehaved(n, packet, from)
				case first == nil:
					first = wellBehaved(n, packet, from)
					return nil
				}
				return first
			})
			if _, err := client.Announce(t.Context(), "udp://"+server.addr, announcement, impatient); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUDPSilentTrackerIsGivenUp(t *testing.T) {
	server := serveUDP(t, "127.0.0.1", func(int, []byte, *net.UDPAddr) [][]byte { return nil })
	_, err := client.Announce(t.Context(), "udp://"+server.addr, announcement,
		client.Options{RetryAfter: time.Millisecond, Tries: 3})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got error %v, want a timeout", err)
	}
	if got := len(server.received(t)); got != 3 {
		t.Errorf("got %d packets, want 3", got)
	}
}

func TestUDPConnectionIDIsAskedForAgainAfterAMinute(t *testing.T) {
	for _, row := range []struct {
		step time.Duration // from one request to the next
		want int           // connects for three requests
	}{
		{(time.Minute - 1) / 2, 1},
		{time.Minute / 2, 2},
		{time.Minute, 3},
	} {
		server := serveUDP(t, "127.0.0.1", wellBehaved)
		now := time.Unix(1e9, 0)
		opts := patient.WithClock(func() time.Time {
			now = now.Add(row.step)
			return now
		})
		if _, err := client.Scrape(t.Context(), "udp://"+server.addr, make([]bittorrent.InfoHash, 150), opts); err != nil {
			t.Fatal(err)
		}
		connects := 0
		for _, packet := range server.received(t) {
			if h, _ := udpproto.ParseHeader(packet); h.Action == udpproto.ActionConnect {
				connects++
			}
		}
		if connects != row.want {
			t.Errorf("a request every %v: got %d connects, want %d", row.step, connects, row.want)
		}
	}
}
