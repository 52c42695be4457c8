package load_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/load"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestEveryOfferIsAnsweredAndNothingIsLost(t *testing.T) {
	tr := new(wsTracker)
	r := runWS(t, few(serveWS(t, tr)))
	if r.Announces == 0 || r.OffersSent != 3*r.Sent || r.Offers != r.OffersSent || r.AnswersSent != r.Offers || r.Answers != r.Offers {
		t.Errorf("got %+v, want announces of three offers, all of them answered", r)
	}
	if r.AnswersPerAnnounce != 3 || r.RoundTrip.P50 <= 0 || r.Reply.P50 <= 0 {
		t.Errorf("got %v answers an announce, round trips %+v, replies %+v, want 3 and times", r.AnswersPerAnnounce, r.RoundTrip, r.Reply)
	}
	if r.RepliesLost+r.OffersLost+r.AnswersLost+r.Late+r.Closed != 0 || len(r.Errors) != 0 || r.Crossed != 0 {
		t.Errorf("got %+v, want nothing lost, late, closed or crossed, and no errors", r)
	}
}

func TestEverySocketAnnouncesItsStartOnceAndThenOffers(t *testing.T) {
	tr := new(wsTracker)
	opts := few(serveWS(t, tr))
	runWS(t, opts)
	seeders := 0
	for i, a := range tr.asked {
		first := i < opts.Sockets
		if wantEvent := map[bool]bittorrent.Event{true: bittorrent.Started, false: bittorrent.None}[first]; a.event != wantEvent {
			t.Fatalf("announce %d: got event %v, want %v", i, a.event, wantEvent)
		}
		if wantOffers := map[bool]int{true: 0, false: 3}[first]; a.offers != wantOffers {
			t.Fatalf("announce %d: got %d offers, want %d", i, a.offers, wantOffers)
		}
		if first && a.left == wsproto.LeftZero {
			seeders++
		}
	}
	if seeders != opts.Sockets/2 || len(tr.swarms) != 2 {
		t.Errorf("got %d seeders in %d swarms, want %d in 2", seeders, len(tr.swarms), opts.Sockets/2)
	}
	var offer struct{ Type, SDP string }
	last := tr.asked[len(tr.asked)-1].sdp
	if err := json.Unmarshal([]byte(last), &offer); err != nil || offer.Type != "offer" || len(offer.SDP) != 750 {
		t.Errorf("got %d bytes of SDP in a %q (%v), want 750 in an offer", len(offer.SDP), offer.Type, err)
	}
}

func TestTheShareOfOffersThatIsAnsweredIsTheOneAskedFor(t *testing.T) {
	for _, share := range []float64{0, 0.5} {
		opts := few(serveWS(t, new(wsTracker)))
		opts.Answers = share
		r := runWS(t, opts)
		if some := r.Answers > 0; some != (share > 0) || r.Answers >= r.Offers {
			t.Errorf("share %v: got %d answers to %d offers, want none of a share of zero, and else some", share, r.Answers, r.Offers)
		}
		if r.AnswersLost != 0 || r.OffersLost != 0 {
			t.Errorf("share %v: got %d offers and %d answers lost, want none: nobody meant to answer", share, r.OffersLost, r.AnswersLost)
		}
	}
}

func TestWhatIsLostIsToldByWhereItWasLost(t *testing.T) {
	most := func(n int) bool { return n%10 != 0 }
	for what, tr := range map[string]*wsTracker{
		"offers":  {onOffer: most},
		"answers": {onAnswer: most},
		"replies": {onAnnounce: func(n int, _ *wsSocket, _ *wsproto.Message) bool { return n > 16 && n%10 == 0 }},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel() // all of them wait for the timeout
			opts := few(serveWS(t, tr))
			opts.Timeout = time.Second
			r := runWS(t, opts)
			// An announce without its reply has lost its offers, too.
			got := map[string]bool{"offers": r.OffersLost > 0, "answers": r.AnswersLost > 0, "replies": r.RepliesLost > 0}
			want := map[string]bool{"offers": what != "answers", "answers": what == "answers", "replies": what == "replies"}
			if !maps.Equal(got, want) || r.Answers == 0 || len(r.Errors) != 0 {
				t.Errorf("got %d offers, %d answers, %d replies lost of %d announces, errors %v, want %v",
					r.OffersLost, r.AnswersLost, r.RepliesLost, r.Sent, r.Errors, want)
			}
			if r.OffersSent != r.Offers+r.OffersLost || r.AnswersSent != r.Answers+r.AnswersLost {
				t.Errorf("got %+v, want whatever was sent arrived or lost", r)
			}
		})
	}
}

func TestAcrossReplicasEveryOfferAndAnswerCrosses(t *testing.T) {
	tr := new(wsTracker)
	one := serveWS(t, tr)
	opts := few(one, tr.replica(), tr.replica())
	opts.Sockets, opts.Cross = 32, true
	r := runWS(t, opts)
	if r.Crossed != 1 || r.Offers == 0 || r.Answers != r.Offers {
		t.Errorf("got %v of %d offers crossed, %d answers, want all", r.Crossed, r.Offers, r.Answers)
	}
	for i, a := range tr.asked[opts.Sockets:] {
		if a.left != wsproto.LeftZero {
			t.Fatalf("announce %d with offers: got left %v, want a seeder's", i, a.left)
		}
	}
	tr = new(wsTracker)
	one = serveWS(t, tr)
	opts.Targets, opts.Cross = []string{one, tr.replica()}, false
	if r := runWS(t, opts); r.Crossed <= 0 || r.Crossed >= 1 {
		t.Errorf("when it is not asked for: got %v crossed, want some", r.Crossed)
	}
}

func TestWithAnIntervalEverySocketAnnouncesOnceInIt(t *testing.T) {
	tr := new(wsTracker)
	opts := few(serveWS(t, tr))
	opts.Timeout, opts.Interval, opts.Length = 90*time.Millisecond, 100*time.Millisecond, 250*time.Millisecond
	r := runWS(t, opts)
	if most := uint64(opts.Sockets*5/2 + 1); r.Sent == 0 || r.Sent > most { // a busy machine does not reach the end
		t.Errorf("got %d announces of %d sockets in two intervals and a half, want at most %d", r.Sent, opts.Sockets, most)
	}
}

func TestTheWarmUpIsNotCounted(t *testing.T) {
	tr := new(wsTracker)
	opts := few(serveWS(t, tr))
	opts.Warmup = 100 * time.Millisecond
	r := runWS(t, opts)
	if before := tr.announces - opts.Sockets - int(r.Sent); before <= 0 {
		t.Errorf("got %d announces that are not counted, want some beside the first", before)
	}
}

func TestSourcesTakeTurns(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not every system has all of 127.0.0.0/8")
	}
	tr := new(wsTracker)
	opts := few(serveWS(t, tr))
	opts.Sources = loopbacks(3)
	runWS(t, opts)
	got := map[string]int{}
	for _, a := range tr.asked[:opts.Sockets] {
		got[a.remote[:strings.LastIndexByte(a.remote, ':')]]++
	}
	if want := map[string]int{"127.0.0.1": 6, "127.0.0.2": 5, "127.0.0.3": 5}; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSocketsThatTheTrackerClosesAreToldAndTheOthersGoOn(t *testing.T) {
	tr := &wsTracker{onAnnounce: func(n int, s *wsSocket, _ *wsproto.Message) bool {
		if n == 17 || n == 20 {
			go s.conn.Close(websocket.StatusPolicyViolation, "go away")
		}
		return n == 17 || n == 20
	}}
	opts := few(serveWS(t, tr))
	opts.Timeout, opts.Length = 50*time.Millisecond, 500*time.Millisecond
	r := runWS(t, opts)
	if want := `the tracker closed the socket: 1008 "go away"`; r.Closed != 2 || r.Errors[want] != 2 {
		t.Errorf("got %d closed and errors %v, want 2 of %q", r.Closed, r.Errors, want)
	}
	if r.Announces <= 4 { // those whose offers are for the closed ones take the timeout
		t.Errorf("got %d announces, want more than were under way at once", r.Announces)
	}
}

func TestALoadWithoutSocketsLeftEnds(t *testing.T) {
	tr := &wsTracker{onAnnounce: func(n int, s *wsSocket, _ *wsproto.Message) bool {
		if n > 16 {
			go s.conn.CloseNow()
		}
		return n > 16
	}}
	opts := few(serveWS(t, tr))
	opts.Timeout, opts.Length = 50*time.Millisecond, time.Hour
	_, err := load.RunWebSocket(t.Context(), opts)
	if err == nil || !strings.Contains(err.Error(), "the tracker closed all sockets") {
		t.Errorf("got %v, want an error that all sockets are closed", err)
	}
}

func TestFailuresAreCountedByTheirText(t *testing.T) {
	tr := &wsTracker{onAnnounce: func(n int, s *wsSocket, m *wsproto.Message) bool {
		if n == 18 {
			s.send(wsproto.AppendFailure(nil, m.InfoHash, true, "not now"))
		}
		return n == 18
	}}
	opts := few(serveWS(t, tr))
	opts.Timeout = 50 * time.Millisecond
	if r := runWS(t, opts); r.Errors[`"not now"`] != 1 || r.RepliesLost == 0 { // a busy machine may lose more
		t.Errorf("got errors %v and %d replies lost, want one of each", r.Errors, r.RepliesLost)
	}
}

func TestATrackerThatRefusesTheFirstAnnouncesEndsTheLoad(t *testing.T) {
	tr := &wsTracker{onAnnounce: func(_ int, s *wsSocket, m *wsproto.Message) bool {
		s.send(wsproto.AppendFailure(nil, m.InfoHash, true, "not registered"))
		return true
	}}
	opts := few(serveWS(t, tr))
	opts.Timeout = 50 * time.Millisecond
	if _, err := load.RunWebSocket(t.Context(), opts); err == nil || !strings.Contains(err.Error(), `"not registered"`) {
		t.Errorf("got %v, want the tracker's text", err)
	}
}

func TestOnlyAnUpgradeIsAHandshake(t *testing.T) {
	switching := func(accept, more string) string {
		return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + accept + more + "\r\n"
	}
	for want, answer := range map[string]string{
		"HTTP 404 Not Found":              "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"does not upgrade":                "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"not to our key":                  switching("Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n", ""),
		"malformed HTTP":                  "RFB 003.008\n\n",
		"handshake: unexpected EOF":       "HTTP/1.1 101",
		"an extension or a protocol that": "extension",
	} {
		url := serveHTTP(t, func(w http.ResponseWriter, req *http.Request) {
			if answer == "extension" {
				w.Header().Set("Sec-WebSocket-Extensions", "permessage-deflate")
				conn, err := websocket.Accept(w, req, nil)
				if err == nil {
					conn.CloseNow()
				}
				return
			}
			raw(answer)(w, req)
		})
		_, err := load.RunWebSocket(t.Context(), few("ws"+url[len("http"):]))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", answer, err, want)
		}
	}
}

func TestReportsOfBrowsersHaveTheJSONThatScriptsRead(t *testing.T) {
	opts := few(serveWS(t, new(wsTracker)))
	if runtime.GOOS == "linux" {
		opts.PIDs = []int{os.Getpid()}
	}
	text, err := json.Marshal(runWS(t, opts))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"announces", "announces_per_second", "answers", "answers_lost", "answers_per_announce", "answers_per_second",
		"answers_sent", "bytes_per_socket", "closed", "cpu_us_per_announce", "crossed", "errors",
		"generator_us_per_announce", "late", "offers", "offers_lost", "offers_per_second", "offers_sent", "processes",
		"protocol", "replies_lost", "reply_us", "round_trip_us", "seconds", "sent", "sockets", "swarms", "targets",
	}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("got keys %q, want %q", keys, want)
	}
	for _, process := range got["processes"].([]any) {
		p := process.(map[string]any)
		if p["resident"].(float64) < 1<<20 || p["us_per_announce"].(float64) <= 0 || got["cpu_us_per_announce"] != p["us_per_announce"] {
			t.Errorf("got a process %v, of %v us in all, want memory and CPU time", p, got["cpu_us_per_announce"])
		}
	}
}
