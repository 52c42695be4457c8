package load

import (
	"net/url"
	"time"
)

// A Report is what a load measured. Its JSON is what starling bench --json prints; times are in
// microseconds where their names say so.
type Report struct {
	Protocol         string            `json:"protocol"`
	Targets          []string          `json:"targets"`
	Seconds          float64           `json:"seconds"`
	Sent             uint64            `json:"sent"`
	Answers          uint64            `json:"answers"`
	AnswersPerSecond float64           `json:"answers_per_second"`
	Announces        uint64            `json:"announces"` // answered
	Scrapes          uint64            `json:"scrapes"`   // answered
	Lost             uint64            `json:"lost"`      // given up after the timeout
	Late             uint64            `json:"late"`      // answers to what was given up
	Errors           map[string]uint64 `json:"errors"`    // answers that are errors, by text
	Latency          Latency           `json:"latency_us"`
	PeersPerAnnounce float64           `json:"peers_per_announce"`
	BytesPerAnswer   float64           `json:"bytes_per_answer"`

	CPU                  []ProcessCPU `json:"cpu"`
	CPUPerAnswer         float64      `json:"cpu_us_per_answer"` // of all these processes
	GeneratorCPUOfAnswer float64      `json:"generator_us_per_answer"`
}

// Latency is how long answers took, in microseconds: the time that so many percent were within.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// ProcessCPU is what a process spent on an answer, in user mode and in the kernel.
type ProcessCPU struct {
	PID                int     `json:"pid"`
	Name               string  `json:"name"`
	MicrosecondsAnswer float64 `json:"us_per_answer"`
}

func newReport(opts Options, targets []*url.URL, t *tally, took time.Duration, before, after []usage) Report {
	r := Report{
		Protocol: targets[0].Scheme, Targets: opts.Targets, Seconds: took.Seconds(),
		Sent: t.sent, Answers: t.answers, AnswersPerSecond: float64(t.answers) / took.Seconds(),
		Announces: t.announces, Scrapes: t.answers - t.announces, Lost: t.lost, Late: t.late, Errors: t.errors,
		Latency:          newLatency(&t.latency),
		PeersPerAnnounce: float64(t.peers) / float64(max(t.announces, 1)),
		BytesPerAnswer:   float64(t.bytes) / float64(max(t.answers, 1)),
		CPU:              []ProcessCPU{},
	}
	if r.Errors == nil {
		r.Errors = map[string]uint64{}
	}
	for i := range after {
		spent := micros(after[i].time-before[i].time) / float64(max(t.answers, 1))
		if i == len(after)-1 {
			r.GeneratorCPUOfAnswer = spent
			break
		}
		r.CPU = append(r.CPU, ProcessCPU{after[i].pid, after[i].name, spent})
		r.CPUPerAnswer += spent
	}
	return r
}

func newLatency(h *histogram) Latency {
	return Latency{
		P50: micros(h.quantile(0.5)), P90: micros(h.quantile(0.9)), P99: micros(h.quantile(0.99)),
		P999: micros(h.quantile(0.999)), Max: micros(h.longest),
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
