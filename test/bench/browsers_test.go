//go:build linux

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	trackerload "github.com/starling-tracker/starling/internal/load"
)

// The report is written by the generator's own type, so that neither changes without the other.
func TestSampleHasWhatTheGeneratorReportsOfBrowsers(t *testing.T) {
	text, err := json.Marshal(trackerload.WebSocketReport{
		Announces: 200, Offers: 1000, Answers: 900, AnnouncesPerSecond: 1000, AnswersPerAnnounce: 4.5, RepliesLost: 1, OffersLost: 2, AnswersLost: 4,
		Errors: map[string]uint64{"no": 2, "never": 5}, Crossed: 0.5, CPUPerAnnounce: 600, BytesPerSocket: 20480,
		GeneratorCPUPerAnnounce: 150, RoundTrip: trackerload.Latency{P99: 1200},
		Processes: []trackerload.ProcessUse{{Name: "one", MicrosecondsAnnounce: 400}, {Name: "two", MicrosecondsAnnounce: 200}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &sample{
		CPU: 600, Peers: 4.5, Rate: 1000, P99: 1200, Answers: 2100, Lost: 7, Errors: 7, Generator: 150, Crossed: 0.5,
		Memory: 20480, Processes: []share{{"one", 400}, {"two", 200}},
	}
	got, err := parseBrowsersReport(text)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: got (+), want (-), error %v:\n%s", text, err, diff)
	}
}

func TestReportOfBrowsersWithoutAnswersIsNoSample(t *testing.T) {
	for text, want := range map[string]string{
		`{"announces":9,"offers_lost":7,"errors":{"refused":4}}`: "refused",
		`{}`:             "no answers",
		`announcing ...`: "report",
	} {
		if got, err := parseBrowsersReport([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v (%v), want an error about %q", text, got, err, want)
		}
	}
}

func TestLoadsOfBrowsersNameEveryReplica(t *testing.T) {
	l := load{protocol: "ws", swarms: 3, peers: 50}
	crossed, slow := l, l
	crossed.browsers.cross = true
	slow.browsers.interval = 10 * time.Second
	for _, test := range []struct {
		load load
		with []string
	}{
		{l, []string{"--window=64", "--warmup=1.5s"}},
		{crossed, []string{"--cross", "--window=64"}},
		{slow, []string{"--interval=10s", "--warmup=10s"}},
	} {
		got := test.load.args([]string{"h:1", "h:2"}, []string{"42", "43"}, 1500*time.Millisecond)
		for _, want := range append(test.with, "bench", "--json", "ws://h:1/announce", "ws://h:2/announce", "--sockets=150",
			"--swarms=3", "--offers=5", "--pid=42,43", "--duration=1.5s", "--seed=1") {
			if !slices.Contains(got, want) {
				t.Errorf("%+v: got %q, want %q in it", test.load, got, want)
			}
		}
	}
}

func TestManySocketsAreNotInAClosedLoopNorOverRedis(t *testing.T) {
	b := &bench{settings: settings{cache: t.TempDir()}, self: "self", starling: "starling"}
	fast, slow := b.browsersTable(t.Context(), 1000, 0), b.browsersTable(t.Context(), 8000, memoryInterval)
	for _, e := range fast.entries {
		if e.load.swarms != 20 || e.load.peers != 50 || e.load.browsers.interval != 0 {
			t.Errorf("%s: got %+v, want 20 swarms of 50 in a closed loop", e.name, e.load)
		}
		if two := e.replicas == 2; two != e.load.browsers.cross || two && e.backend == nil {
			t.Errorf("%s: got %d replicas, crossing %t, want two of them to cross over Redis", e.name, e.replicas, e.load.browsers.cross)
		}
	}
	for _, e := range slow.entries {
		if e.load.swarms != 160 || e.load.browsers.interval != memoryInterval || e.backend != nil {
			t.Errorf("%s: got %+v, want 160 swarms at an interval, in memory", e.name, e.load)
		}
	}
	if want := "bittorrent-tracker is left out: not installed, see scripts/bench-deps"; !slices.Contains(fast.notes, want) {
		t.Errorf("without a rival: got notes %q, want %q", fast.notes, want)
	}
}

func TestMarkdownOfBrowsersSpeaksOfAnnounces(t *testing.T) {
	of := func(name string, cross bool) entry {
		return entry{name: name, load: load{protocol: "ws", swarms: 20, peers: 50, browsers: browsers{cross: cross}}}
	}
	r := results{Tables: []tableResult{newTableResult(table{
		name: "WebSocket", base: starlingName, browsers: true, entries: []entry{of(starlingName, false), of("two", true)},
	}, [][]*sample{
		{{CPU: 200, Peers: 5, Rate: 2000, P99: 2000, Answers: 100, Memory: 20480}},
		{{CPU: 500, Peers: 5, Rate: 1000, P99: 3000, Answers: 99, Lost: 1, Memory: 40960, Crossed: 1}},
	})}}
	var page strings.Builder
	if err := r.writeMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(page.String(), "### WebSocket")
	const want = `

|  | CPU us an announce | least to most | to Starling | answers an announce | same work | announces a second | busy | p99, offer to answer | lost | KiB a socket |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| Starling | 200.00 | 200.00 to 200.00 | 1.00 | 5.0 | yes | 2000 | 40 % | 2ms | 0 % | 20.0 |
| two | 500.00 | 500.00 to 500.00 | 2.50 | 5.0 | yes | 1000 | 50 % | 3ms | 1 % | 40.0 |

- 20 swarms of 50 peers: Starling, two
- two: 100.0 % of the offers went from one replica to another
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got (+), want (-):\n%s", diff)
	}
}

func TestProcessesOfOneNameShareOneFigure(t *testing.T) {
	samples := []*sample{
		{Processes: []share{{"starling", 100}, {"starling", 150}, {"redis-server", 50}}},
		nil,
		{Processes: []share{{"starling", 200}, {"starling", 150}, {"redis-server", 70}}},
	}
	if got, want := shares(entry{name: "two"}, samples), "two: starling 300.00 us, redis-server 60.00 us"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
