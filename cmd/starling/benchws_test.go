package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/load"
)

func TestBenchMeasuresBrowsersOfARunningTracker(t *testing.T) {
	cmd, lines := serve(t)
	var addr string
	listening := regexp.MustCompile(`msg=listening proto=http addr=(\S+)`)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=ready") {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			addr = m[1]
		}
	}
	code, stdout, stderr := tool(t, "bench ws ws://"+addr+"/ --sockets=40 --swarms=2 --offers=3 --duration=200ms --warmup=0s"+
		" --timeout=10s --json --pid="+strconv.Itoa(cmd.Process.Pid))
	var r load.WebSocketReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
		t.Fatalf("got %v, exit code %d and %s%s", err, code, stdout, stderr)
	}
	if r.Announces == 0 || r.AnswersPerAnnounce != 3 || r.RepliesLost+r.OffersLost+r.AnswersLost != 0 || len(r.Errors) != 0 {
		t.Errorf("got %+v, want announces of three answered offers, and nothing else", r)
	}
	if len(r.Processes) != 1 || r.Processes[0].PID != cmd.Process.Pid || r.BytesPerSocket <= 0 {
		t.Errorf("got %+v and %v bytes a socket, want the use of process %d", r.Processes, r.BytesPerSocket, cmd.Process.Pid)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	for lines.Scan() {
	}
	_ = cmd.Wait()
}

func TestBenchOfBrowsersRefusesWhatItCannotLoad(t *testing.T) {
	for args, want := range map[string]string{
		"http://127.0.0.1:1/announce":                          "a load of browsers is for ws:// trackers",
		"ws://127.0.0.1:1 --sockets=0":                         "sockets: 0 is not in",
		"ws://127.0.0.1:1 --cross":                             "cross: it takes two targets",
		"ws://127.0.0.1:1 --interval=1s":                       "interval: 1s is not above the timeout of 5s",
		"ws://127.0.0.1:1 --source=here":                       "here",
		"ws://127.0.0.1:1 --pid=4194305":                       "process 4194305",
		"ws://127.0.0.1:1 --swarms=500":                        "give more sockets or fewer swarms",
		"ws://127.0.0.1:1 --connections=100":                   "unknown flag --connections",
		"ws://127.0.0.1:1 --sockets=20 --swarms=1 --network=6": "127.0.0.1",
	} {
		code, stdout, stderr := tool(t, "bench ws "+args)
		if code == 0 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: got exit code %d, %q and %q, want an error with %q", args, code, stdout, stderr, want)
		}
	}
}

func TestBenchReportsOfBrowsersForPeople(t *testing.T) {
	var out bytes.Buffer
	r := load.WebSocketReport{
		Targets: []string{"a", "b"}, Seconds: 2, Sockets: 1000, Swarms: 20, Sent: 1010, Announces: 1000, AnnouncesPerSecond: 500,
		OffersSent: 5050, Offers: 5000, OffersPerSecond: 2500, Crossed: 0.5, AnswersSent: 4990, Answers: 4900,
		AnswersPerSecond: 2450, AnswersPerAnnounce: 4.9, RepliesLost: 10, OffersLost: 50, AnswersLost: 90, Late: 3, Closed: 1,
		Errors:    map[string]uint64{"not here": 2, "\x1b[31m": 1},
		Reply:     load.Latency{P50: 12.34, P90: 1234.5, P99: 20000, P999: 1.5e6, Max: 2e6},
		RoundTrip: load.Latency{P50: 24, P90: 2000, P99: 40000, P999: 3e6, Max: 4e6},
		Processes: []load.ProcessUse{
			{PID: 7, Name: "a", MicrosecondsAnnounce: 400, ResidentBefore: 10 << 20, Resident: 30 << 20},
			{PID: 8, Name: "b", MicrosecondsAnnounce: 200, ResidentBefore: 5 << 20, Resident: 6 << 20},
		},
		CPUPerAnnounce: 600, BytesPerSocket: 22020, GeneratorCPUPerAnnounce: 150.5,
	}
	if err := printBrowsers(&out, r); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"sockets              1000 in 20 swarms, 1 closed by the tracker\n" +
		"announces            1000 in 2.0 s, 500 a second\n" +
		"offers               5000 arrived, 2500 a second\n" +
		"of them crossed      50.0 %, from one URL to another\n" +
		"answers              4900 arrived, 2450 a second, 4.90 an announce\n" +
		"replies              50 % 12.3µs, 90 % 1.23ms, 99 % 20ms, 99.9 % 1.5s, longest 2s\n" +
		"offer to answer      50 % 24µs, 90 % 2ms, 99 % 40ms, 99.9 % 3s, longest 4s\n" +
		"lost                 10 replies of 1010, 50 offers of 5050, 90 answers of 4990, 3 came too late\n" +
		"errors               1 \"\\x1b[31m\"\n" +
		"errors               2 \"not here\"\n" +
		"CPU time an announce  400.00 us, process 7 (a)\n" +
		"CPU time an announce  200.00 us, process 8 (b)\n" +
		"CPU time an announce  600.00 us, all of these\n" +
		"memory               10.0 MiB before the sockets, 30.0 MiB with them, process 7 (a)\n" +
		"memory               5.0 MiB before the sockets, 6.0 MiB with them, process 8 (b)\n" +
		"memory a socket      21.5 KiB\n" +
		"the generator's own  150.50 us\n"
	squeeze := regexp.MustCompile(` {2,}`)
	if got, want := squeeze.ReplaceAllString(out.String(), "  "), squeeze.ReplaceAllString(want, "  "); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestProgressOfBrowsersTellsWhatIsGoingOn(t *testing.T) {
	for want, p := range map[string]load.Progress{
		"announcing browsers: 5 of 10":             {Warming: true, Done: 5, Of: 10},
		"warming up: 7 announces, 1s left":         {Warming: true, Done: 7, Left: time.Second},
		"700 announces, 3s left":                   {Done: 700, Left: 2900e6},
		"700 announces, 3s left, 9 lost or failed": {Done: 700, Left: 2900e6, Problems: 9},
	} {
		if got := browsersProgress(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
