//go:build linux

package main

import (
	"encoding/json"
	"io"
	"math"
	"runtime"
	"slices"
)

// results are all that was measured, and what it was measured on.
type results struct {
	Go         string        `json:"go"`
	Processors int           `json:"processors"`
	Rounds     int           `json:"rounds"`
	Seconds    float64       `json:"seconds"` // of one round
	Tables     []tableResult `json:"tables"`
}

type tableResult struct {
	Name  string `json:"name"`
	Base  string `json:"base"`
	Floor string `json:"floor,omitempty"`
	// Browsers says that a request is an announce over WebSocket with all that follows from it.
	Browsers bool     `json:"browsers,omitempty"`
	Rows     []row    `json:"rows"`
	Notes    []string `json:"notes"`
}

// A row has the medians of an entry's rounds. A figure that nothing is known of is null.
type row struct {
	Name      string    `json:"name"`
	Version   string    `json:"version"`
	Swarms    int       `json:"swarms"`
	PeersEach int       `json:"peers_of_a_swarm"`
	CPU       figure    `json:"cpu_us_per_answer"`
	CPULeast  figure    `json:"cpu_us_per_answer_least"`
	CPUMost   figure    `json:"cpu_us_per_answer_most"`
	ToBase    figure    `json:"cpu_ratio_to_base"`
	ToFloor   figure    `json:"cpu_ratio_to_floor"`
	SameWork  bool      `json:"same_work"` // as the base: only then the ratios count
	Peers     figure    `json:"peers_per_announce"`
	Bytes     figure    `json:"bytes_per_answer"`
	Rate      figure    `json:"answers_per_second"`
	Busy      figure    `json:"busy"`
	P99       figure    `json:"p99_us"`
	Lost      figure    `json:"lost_share"` // of all requests of all rounds, errors among them
	Generator figure    `json:"generator_us_per_answer"`
	Crossed   figure    `json:"crossed"` // of loads of browsers, as is the next one
	Memory    figure    `json:"bytes_per_socket"`
	Samples   []*sample `json:"samples"` // one a round, null where it failed
}

// A figure is a number, or NaN when it is not known, which is null in JSON.
type figure float64

// MarshalJSON implements json.Marshaler.
func (f figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

func (b *bench) newResults() results {
	return results{
		Go: runtime.Version(), Processors: len(b.processors), Rounds: b.rounds, Seconds: b.length.Seconds(),
	}
}

// newTableResult sums up the samples, which are those of the table's entries, a round each.
func newTableResult(t table, samples [][]*sample) tableResult {
	r := tableResult{Name: t.name, Base: t.base, Floor: t.floor, Browsers: t.browsers, Notes: append([]string{}, t.notes...)}
	of := func(name string) []*sample {
		if i := slices.IndexFunc(t.entries, func(e entry) bool { return e.name == name }); i >= 0 {
			return samples[i]
		}
		return nil
	}
	base, floor := of(t.base), of(t.floor)
	for i, e := range t.entries {
		row := newRow(e, samples[i], base, floor)
		if base == nil { // it was not asked for
			row.SameWork = sameWork(float64(row.Peers), e.load.wanted())
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

func newRow(e entry, samples, base, floor []*sample) row {
	cpu := func(s *sample) float64 { return s.CPU }
	peers := func(s *sample) float64 { return s.Peers }
	middle := func(value func(*sample) float64) figure { return figure(median(values(samples, value))) }
	r := row{
		Name: e.name, Version: e.version, Swarms: e.load.swarms, PeersEach: e.load.peers * max(1, len(e.load.sources)),
		CPU: middle(cpu), CPULeast: figure(math.NaN()), CPUMost: figure(math.NaN()),
		ToBase: figure(ratio(samples, base, cpu)), ToFloor: figure(ratio(samples, floor, cpu)),
		Peers: middle(peers), SameWork: sameWork(median(values(samples, peers)), median(values(base, peers))),
		Bytes:     middle(func(s *sample) float64 { return s.Bytes }),
		Rate:      middle(func(s *sample) float64 { return s.Rate }),
		Busy:      middle((*sample).busy),
		P99:       middle(func(s *sample) float64 { return s.P99 }),
		Generator: middle(func(s *sample) float64 { return s.Generator }),
		Crossed:   middle(func(s *sample) float64 { return s.Crossed }),
		Memory:    middle(func(s *sample) float64 { return s.Memory }),
		Samples:   samples,
	}
	if all := values(samples, cpu); len(all) > 0 {
		r.CPULeast, r.CPUMost = figure(slices.Min(all)), figure(slices.Max(all))
	}
	var lost, asked float64
	for _, s := range samples {
		if s != nil {
			lost += s.Lost + s.Errors
			asked += s.Lost + s.Errors + s.Answers
		}
	}
	r.Lost = figure(lost / asked)
	return r
}

func (r results) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
