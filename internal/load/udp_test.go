package load_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/load"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestUDPCountsAnswersPeersAndBytes(t *testing.T) {
	r := run(t, small(serveUDP(t, nil).url))
	if r.Answers == 0 || r.Announces != r.Answers || r.Scrapes != 0 || r.Lost != 0 || r.Late != 0 || len(r.Errors) != 0 {
		t.Errorf("got %+v, want answers to announces and nothing else", r)
	}
	if r.PeersPerAnnounce != 2 || r.BytesPerAnswer != udpproto.AnnounceReplyLen+2*6 {
		t.Errorf("got %v peers and %v bytes an answer, want 2 and 32", r.PeersPerAnnounce, r.BytesPerAnswer)
	}
	if most := r.Answers + 2*4; r.Sent < r.Answers || r.Sent > most {
		t.Errorf("got %d sent, want %d to %d: at most two windows of four are out at the end", r.Sent, r.Answers, most)
	}
	if l := r.Latency; l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max {
		t.Errorf("got latency %+v, want rising times above zero", l)
	}
}

func TestEveryMemberIsAnnouncedAndNoOther(t *testing.T) {
	const lossy = 7 // every so-many-th packet has no answer
	tr := serveUDP(t, func(n int, _ udpproto.Header, good []byte) [][]byte {
		if n%lossy == 0 {
			return nil
		}
		return [][]byte{good}
	})
	opts := small(tr.url)
	opts.Timeout, opts.Length = 30*time.Millisecond, time.Nanosecond
	run(t, opts)
	seeders := 0
	for m := range tr.told() {
		if m.port == 0 || int(m.port) > opts.Peers {
			t.Errorf("got port %d, want 1 to %d", m.port, opts.Peers)
		}
		if m.left == 0 {
			seeders++
		}
	}
	if members := len(tr.told()); members != 80 || seeders != 40 {
		t.Errorf("got %d members, %d of them seeders, want 80 and 40", members, seeders)
	}
}

func TestUDPLossesAreCountedAndNeverStallTheLoad(t *testing.T) {
	tr := serveUDP(t, func(n int, h udpproto.Header, good []byte) [][]byte {
		if n%10 == 0 && h.Action == udpproto.ActionAnnounce {
			return nil
		}
		return [][]byte{good}
	})
	opts := small(tr.url)
	opts.Timeout, opts.Length = 20*time.Millisecond, 500*time.Millisecond
	r := run(t, opts)
	if all := r.Answers + r.Lost; r.Lost == 0 || math.Abs(float64(r.Lost)/float64(all)-0.1) > 0.05 {
		t.Errorf("got %d of %d lost, want about a tenth", r.Lost, all)
	}
}

func TestUDPAnswersAfterTheTimeoutAreLate(t *testing.T) {
	var held []byte
	tr := serveUDP(t, func(n int, h udpproto.Header, good []byte) [][]byte {
		switch {
		case h.Action == udpproto.ActionConnect:
			return [][]byte{good}
		case held == nil:
			held = good[:udpproto.AnnounceReplyLen] // without peers
			return nil
		}
		replies := [][]byte{held, good}
		held = nil
		return replies
	})
	opts := small(tr.url)
	opts.Clients, opts.Window, opts.Swarms, opts.Peers = 1, 1, 1, 1
	opts.Timeout, opts.Length = 10*time.Millisecond, 400*time.Millisecond
	r := run(t, opts)
	if r.Late == 0 || r.Lost == 0 || r.Answers == 0 {
		t.Errorf("got %d late, %d lost, %d answers, want some of each", r.Late, r.Lost, r.Answers)
	}
	if r.PeersPerAnnounce != 2 {
		t.Errorf("got %v peers an announce, want the 2 of those in time", r.PeersPerAnnounce)
	}
}

func TestUDPErrorPacketsAreCountedByTheirText(t *testing.T) {
	warm := 80
	tr := serveUDP(t, func(_ int, h udpproto.Header, good []byte) [][]byte {
		if h.Action == udpproto.ActionAnnounce {
			if warm--; warm < 0 {
				good = udpproto.AppendError(nil, h.TransactionID, "closed for today")
			}
		}
		return [][]byte{good}
	})
	if r := run(t, small(tr.url)); r.Answers != 0 || r.Errors["closed for today"] == 0 || len(r.Errors) != 1 {
		t.Errorf("got %d answers and errors %v, want none and the tracker's text", r.Answers, r.Errors)
	}
}

func TestATrackerThatRefusesItsPeersEndsTheLoad(t *testing.T) {
	tr := serveUDP(t, func(_ int, h udpproto.Header, good []byte) [][]byte {
		if h.Action == udpproto.ActionAnnounce {
			good = udpproto.AppendError(nil, h.TransactionID, "not registered")
		}
		return [][]byte{good}
	})
	if _, err := load.Run(t.Context(), small(tr.url)); err == nil || !strings.Contains(err.Error(), `"not registered"`) {
		t.Errorf("got %v, want the tracker's text", err)
	}
}

func TestUDPPacketsThatAnswerSomethingElseAreErrors(t *testing.T) {
	announce := func(id uint32) []byte { return udpproto.AnnounceReply{TransactionID: id}.Append(nil) }
	scrape := func(id uint32) []byte {
		return udpproto.AppendScrapeEntry(udpproto.AppendScrapeReply(nil, id), udpproto.ScrapeEntry{})
	}
	for name, row := range map[string]struct {
		scrapes float64 // their share
		answer  func(transactionID uint32) []byte
	}{
		"too short for an announce": {0, func(id uint32) []byte { return announce(id)[:udpproto.AnnounceReplyLen-1] }},
		"too short for a scrape":    {1, func(id uint32) []byte { return scrape(id)[:udpproto.ScrapeReplyLen] }},
		"a scrape's":                {0, scrape},
		"an announce's":             {1, announce},
		"a connect's":               {0, func(id uint32) []byte { return udpproto.AppendConnectReply(nil, id, 1) }},
	} {
		t.Run(name, func(t *testing.T) {
			warm := 80
			tr := serveUDP(t, func(_ int, h udpproto.Header, good []byte) [][]byte {
				if h.Action != udpproto.ActionConnect {
					if warm--; warm < 0 {
						good = row.answer(h.TransactionID)
					}
				}
				return [][]byte{good}
			})
			opts := small(tr.url)
			opts.Scrapes = row.scrapes
			if r := run(t, opts); r.Answers != 0 || r.Errors["answer that is none to the request"] == 0 {
				t.Errorf("got %d answers and errors %v, want errors alone", r.Answers, r.Errors)
			}
		})
	}
}

func TestUDPScrapesHaveTheirShare(t *testing.T) {
	opts := small(serveUDP(t, nil).url)
	opts.Scrapes, opts.Length = 0.25, 300*time.Millisecond
	r := run(t, opts)
	if got := float64(r.Scrapes) / float64(r.Answers); r.Answers < 500 || math.Abs(got-0.25) > 0.1 || r.PeersPerAnnounce != 2 {
		t.Errorf("got %v of %d answers to scrapes and %v peers an announce, want 0.25 and 2", got, r.Answers, r.PeersPerAnnounce)
	}
}

func TestAnInterruptedLoadReportsWhatItCounted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	answers := 0
	tr := serveUDP(t, func(_ int, _ udpproto.Header, good []byte) [][]byte {
		if answers++; answers == 200 {
			interrupt()
		}
		return [][]byte{good}
	})
	opts := small(tr.url)
	opts.Length = time.Hour
	r, err := load.Run(ctx, opts)
	if err != nil || r.Answers == 0 || r.Seconds > 60 {
		t.Errorf("got %d answers in %v s and %v, want those so far", r.Answers, r.Seconds, err)
	}
}

func TestAnInterruptionWhilePeersAnnounceIsAnError(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	tr := serveUDP(t, func(n int, _ udpproto.Header, good []byte) [][]byte {
		if n == 10 {
			interrupt()
		}
		return [][]byte{good}
	})
	opts := small(tr.url)
	opts.Swarms = 100_000
	if _, err := load.Run(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
