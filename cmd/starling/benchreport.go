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
	line("latency", "%s", percentiles(r.Latency))
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

// printBrowsers prints a report of browsers for people.
func printBrowsers(out io.Writer, r load.WebSocketReport) error {
	var page bytes.Buffer
	w := tabwriter.NewWriter(&page, 0, 0, 2, ' ', 0)
	line := func(key, format string, args ...any) { // a Buffer takes all
		_, _ = fmt.Fprintf(w, "%s\t%s\n", key, fmt.Sprintf(format, args...))
	}
	line("sockets", "%d in %d swarms, %d closed by the tracker", r.Sockets, r.Swarms, r.Closed)
	line("announces", "%d in %.1f s, %.0f a second", r.Announces, r.Seconds, r.AnnouncesPerSecond)
	line("offers", "%d arrived, %.0f a second", r.Offers, r.OffersPerSecond)
	if len(r.Targets) > 1 {
		line("of them crossed", "%.1f %%, from one URL to another", 100*r.Crossed)
	}
	line("answers", "%d arrived, %.0f a second, %.2f an announce", r.Answers, r.AnswersPerSecond, r.AnswersPerAnnounce)
	line("replies", "%s", percentiles(r.Reply))
	line("offer to answer", "%s", percentiles(r.RoundTrip))
	line("lost", "%d replies of %d, %d offers of %d, %d answers of %d, %d came too late",
		r.RepliesLost, r.Sent, r.OffersLost, r.OffersSent, r.AnswersLost, r.AnswersSent, r.Late)
	for _, text := range slices.Sorted(maps.Keys(r.Errors)) {
		line("errors", "%d %q", r.Errors[text], text)
	}
	for _, p := range r.Processes {
		line("CPU time an announce", "%.2f us, process %d (%s)", p.MicrosecondsAnnounce, p.PID, p.Name)
	}
	if len(r.Processes) > 1 {
		line("CPU time an announce", "%.2f us, all of these", r.CPUPerAnnounce)
	}
	for _, p := range r.Processes {
		line("memory", "%.1f MiB before the sockets, %.1f MiB with them, process %d (%s)",
			mebibytes(p.ResidentBefore), mebibytes(p.Resident), p.PID, p.Name)
	}
	if len(r.Processes) > 0 {
		line("memory a socket", "%.1f KiB", r.BytesPerSocket/(1<<10))
	}
	line("the generator's own", "%.2f us", r.GeneratorCPUPerAnnounce)
	_ = w.Flush()
	_, err := out.Write(page.Bytes())
	return err
}

func mebibytes(n int64) float64 { return float64(n) / (1 << 20) }

func percentiles(l load.Latency) string {
	return fmt.Sprintf("50 %% %v, 90 %% %v, 99 %% %v, 99.9 %% %v, longest %v",
		span(l.P50), span(l.P90), span(l.P99), span(l.P999), span(l.Max))
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
