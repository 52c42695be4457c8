package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/load"
)

// tool runs one command in this process and returns what it printed.
func tool(t *testing.T, args string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), strings.Fields(args), nil, &out, &err)
	return code, out.String(), err.String()
}

func TestBenchMeasuresARunningTracker(t *testing.T) {
	cmd, lines := serve(t)
	addrs := map[string]string{}
	listening := regexp.MustCompile(`msg=listening proto=(\w+) addr=(\S+)`)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=ready") {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			addrs[m[1]] = m[2]
		}
	}
	pid := " --pid=" + strconv.Itoa(cmd.Process.Pid)
	common := " --swarms=20 --peers=30 --numwant=10 --scrapes=0.2 --duration=200ms --timeout=10s --json" + pid
	for _, args := range []string{
		"bench udp --sockets=2 --window=8 udp://" + addrs["udp"],
		"bench http --connections=4 http://" + addrs["http"] + "/announce",
		"bench http --connections=4 --no-keep-alive http://" + addrs["http"] + "/announce",
	} {
		code, stdout, stderr := tool(t, args+common)
		var r load.Report
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
			t.Fatalf("%s: got %v, exit code %d and %s%s", args, err, code, stdout, stderr)
		}
		// Seeders are told of the 15 leechers alone; all of them have ten others to be told of.
		if r.Announces == 0 || r.Scrapes == 0 || r.PeersPerAnnounce != 10 || r.Lost != 0 || len(r.Errors) != 0 {
			t.Errorf("%s: got %+v, want announces of ten peers, scrapes, and nothing else", args, r)
		}
		if len(r.CPU) != 1 || r.CPU[0].PID != cmd.Process.Pid {
			t.Errorf("%s: got CPU times %+v, want those of process %d", args, r.CPU, cmd.Process.Pid)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	for lines.Scan() {
	}
	_ = cmd.Wait()
}

func TestBenchHashesAreOfTheirSeed(t *testing.T) {
	_, first, _ := tool(t, "bench hashes --swarms=3 --seed=7")
	_, again, _ := tool(t, "bench hashes --torrents=3 --seed=7")
	_, other, _ := tool(t, "bench hashes --swarms=3 --seed=8")
	if !regexp.MustCompile(`\A([0-9a-f]{40}\n){3}\z`).MatchString(first) {
		t.Errorf("got %q, want three lines of 40 digits", first)
	}
	if first != again || first == other {
		t.Errorf("got %q of one seed, %q again and %q of another", first, again, other)
	}
}

func TestBenchRefusesWhatItCannotLoad(t *testing.T) {
	for args, want := range map[string]string{
		"bench udp http://127.0.0.1:1/announce":         "starling bench udp wants udp:// URLs",
		"bench http udp://127.0.0.1:1":                  "starling bench http wants http:// URLs",
		"bench udp udp://127.0.0.1:1 --swarms=0":        "swarms: 0 is not in",
		"bench udp udp://127.0.0.1:1 --source=here":     "here",
		"bench http http://127.0.0.1:1 --pid=4194305":   "process 4194305",
		"bench hashes --swarms=-1":                      "swarms: -1 is below zero",
		"bench udp udp://127.0.0.1:1 --network=ipv6":    "--network",
		"bench udp udp://127.0.0.1:1 --connections=100": "unknown flag --connections",
	} {
		code, stdout, stderr := tool(t, args)
		if code == 0 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: got exit code %d, %q and %q, want an error with %q", args, code, stdout, stderr, want)
		}
	}
}

func TestBenchReportsForPeople(t *testing.T) {
	var out bytes.Buffer
	r := load.Report{
		Seconds: 2, Sent: 1010, Answers: 1000, AnswersPerSecond: 500, Announces: 900, Scrapes: 100, Lost: 7, Late: 3,
		Errors:           map[string]uint64{"not here": 2, "\x1b[31m": 1},
		Latency:          load.Latency{P50: 12.34, P90: 1234.5, P99: 20000, P999: 1.5e6, Max: 2e6},
		PeersPerAnnounce: 49.96, BytesPerAnswer: 320.4, CPU: []load.ProcessCPU{{PID: 7, Name: "a", MicrosecondsAnswer: 4}, {PID: 8, Name: "b", MicrosecondsAnswer: 2}},
		CPUPerAnswer: 6, GeneratorCPUOfAnswer: 5.5,
	}
	if err := printLoad(&out, r); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"answers              1000 in 2.0 s, 500 a second\n" +
		"of them scrapes      100\n" +
		"peers an announce    50.0\n" +
		"bytes an answer      320\n" +
		"latency              50 % 12.3µs, 90 % 1.23ms, 99 % 20ms, 99.9 % 1.5s, longest 2s\n" +
		"lost                 7 of 1010 sent, 3 answered too late\n" +
		"errors               1 \"\\x1b[31m\"\n" +
		"errors               2 \"not here\"\n" +
		"CPU time an answer   4.00 us, process 7 (a)\n" +
		"CPU time an answer   2.00 us, process 8 (b)\n" +
		"CPU time an answer   6.00 us, all of these\n" +
		"the generator's own  5.50 us\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestProgressTellsWhatIsGoingOn(t *testing.T) {
	for want, p := range map[string]load.Progress{
		"announcing peers: 5 of 10":                    {Warming: true, Done: 5, Of: 10},
		"700 answers, 3s left":                         {Done: 700, Left: 2900e6},
		"700 answers, 3s left, 9 lost or refused":      {Done: 700, Left: 2900e6, Problems: 9},
		"announcing peers: 5 of 10, 1 lost or refused": {Warming: true, Done: 5, Of: 10, Problems: 1},
	} {
		if got := progressLine(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
