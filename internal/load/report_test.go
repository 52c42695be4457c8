package load_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
)

func TestReportsHaveTheJSONThatScriptsRead(t *testing.T) {
	opts := small(serveUDP(t, nil).url)
	if runtime.GOOS == "linux" {
		opts.PIDs = []int{os.Getpid()}
	}
	text, err := json.Marshal(run(t, opts))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"announces", "answers", "answers_per_second", "bytes_per_answer", "cpu", "cpu_us_per_answer", "errors",
		"generator_us_per_answer", "late", "latency_us", "lost", "peers_per_announce", "protocol", "scrapes", "seconds",
		"sent", "targets",
	}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, want) {
		t.Errorf("got keys %q, want %q", keys, want)
	}
	latency, _ := got["latency_us"].(map[string]any)
	if keys := slices.Sorted(maps.Keys(latency)); !slices.Equal(keys, []string{"max", "p50", "p90", "p99", "p999"}) {
		t.Errorf("got latency_us %q", keys)
	}
	if _, ok := got["errors"].(map[string]any); !ok {
		t.Errorf("got errors %v, want an object, though there are none", got["errors"])
	}
	for _, process := range got["cpu"].([]any) {
		process, _ := process.(map[string]any)
		if keys := slices.Sorted(maps.Keys(process)); !slices.Equal(keys, []string{"name", "pid", "us_per_answer"}) {
			t.Errorf("got a process %q", keys)
		}
	}
}

func TestCPUTimesAreOfTheProcessesAskedFor(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("CPU times are read on Linux alone")
	}
	opts := small(serveUDP(t, nil).url)
	opts.Length = 300 * time.Millisecond
	opts.PIDs = []int{os.Getpid(), os.Getpid()} // the tracker and the generator are one process here
	r := run(t, opts)
	const reading = 30_000 // microseconds that pass, in ticks of 10 ms, while one is read after another
	near := func(a, b float64) bool { return math.Abs(a-b)*float64(r.Answers) <= reading }
	one := r.GeneratorCPUOfAnswer
	if len(r.CPU) != 2 || one == 0 || !near(r.CPU[0].MicrosecondsAnswer, one) || !near(r.CPU[1].MicrosecondsAnswer, one) {
		t.Fatalf("got %+v, want twice %v", r.CPU, one)
	}
	if want := r.CPU[0].MicrosecondsAnswer + r.CPU[1].MicrosecondsAnswer; r.CPUPerAnswer != want {
		t.Errorf("got %v in all, want %v", r.CPUPerAnswer, want)
	}
}
