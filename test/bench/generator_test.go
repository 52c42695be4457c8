//go:build linux

package main

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	trackerload "github.com/starling-tracker/starling/internal/load"
)

// The report is written by the generator's own type, so that neither changes without the other.
func TestSampleHasWhatTheGeneratorReports(t *testing.T) {
	text, err := json.Marshal(trackerload.Report{
		Answers: 200, AnswersPerSecond: 100_000, PeersPerAnnounce: 50, BytesPerAnswer: 320, Lost: 3,
		Errors: map[string]uint64{"no": 2, "never": 5}, CPUPerAnswer: 6, GeneratorCPUOfAnswer: 9,
		Latency: trackerload.Latency{P99: 1200},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &sample{
		CPU: 6, Peers: 50, Bytes: 320, Rate: 100_000, P99: 1200, Answers: 200, Lost: 3, Errors: 7, Generator: 9,
	}
	got, err := parseReport(text)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: got (+), want (-), error %v:\n%s", text, err, diff)
	}
	if busy := want.busy(); math.Abs(busy-0.6) > 1e-9 {
		t.Errorf("6 us at 100000 a second: got %g busy, want 0.6", busy)
	}
}

func TestReportWithoutAnswersIsNoSample(t *testing.T) {
	for text, want := range map[string]string{
		`{"answers":0,"lost":7,"errors":{"refused":4}}`: "refused",
		`{}`:             "no answers",
		`announcing ...`: "report",
	} {
		if got, err := parseReport([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v (%v), want an error about %q", text, got, err, want)
		}
	}
}

func TestLoadsDifferInProtocolConnectionsAndShape(t *testing.T) {
	for _, test := range []struct {
		load load
		with []string
	}{
		{load{protocol: "udp", swarms: 3, peers: 4}, []string{"udp://h:1/announce", "--sockets=16", "--swarms=3", "--peers=4"}},
		{load{protocol: "http", keepAlive: true}, []string{"http://h:1/announce", "--connections=64", "--keep-alive"}},
		{load{protocol: "http"}, []string{"http://h:1/announce", "--connections=64", "--no-keep-alive"}},
		{load{protocol: "udp", sources: []string{"a", "b"}}, []string{"--source=a", "--source=b"}},
	} {
		got := test.load.args([]string{"h:1"}, []string{"42", "43"}, 1500*time.Millisecond)
		for _, want := range append(test.with, "bench", "--json", "--pid=42,43", "--duration=1.5s", "--numwant=50", "--seed=1") {
			if !slices.Contains(got, want) {
				t.Errorf("%+v: got %q, want %q in it", test.load, got, want)
			}
		}
	}
}
