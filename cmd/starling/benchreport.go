package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/starling-tracker/starling/internal/load"
)

// printLoad prints a report for people.
func printLoad(out io.Writer, r load.Report) error {
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	line := func(key, format string, args ...any) { // a Buffer takes all
		_, _ = fmt.Fprintf(w, "%s\t%s\n", key, fmt.Sprintf(format, args...))
	}
	line("answers", "%d in %.1f s, %.0f a second", r.Answers, r.Seconds, r.AnswersPerSecond)
	if r.Scrapes > 0 {
		line("of them scrapes", "%d", r.Scrapes)
	}
	line("peers an announce", "%.1f", r.PeersPerAnnounce)
	line("bytes an answer", "%.0f", r.BytesPerAnswer)
	l := r.Latency
	line("latency", "50 %% %v, 90 %% %v, 99 %% %v, 99.9 %% %v, longest %v",
		span(l.P50), span(l.P90), span(l.P99), span(l.P999), span(l.Max))
	line("lost", "%d of %d sent, %d answered too late", r.Lost, r.Sent, r.Late)
	for _, text := range slices.Sorted(maps.Keys(r.Errors)) {
		line("errors", "%d %q", r.Errors[text], text)
	}
	for _, p := range r.CPU {
		line("CPU time an answer", "%.2f us, process %d (%s)", p.MicrosecondsAnswer, p.PID, p.Name)
	}
	if len(r.CPU) > 1 {
		line("CPU time an answer", "%.2f us, all of these", r.CPUPerAnswer)
	}
	line("the generator's own", "%.2f us", r.GeneratorCPUOfAnswer)
	_ = w.Flush()
	_, err := out.Write(page.Bytes())
	return err
}

// span is a number of microseconds, to a few digits.
func span(us float64) time.Duration {
	d := time.Duration(us * float64(time.Microsecond))
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(100 * time.Nanosecond)
	}
}
