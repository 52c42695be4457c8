//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// writeMarkdown writes a table each, with its notes and what the columns are.
func (r results) writeMarkdown(out io.Writer) error {
	var page strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&page, format+"\n", args...) }
	line("Medians of %d rounds of %g s; CPU time is the contestant's whole process, in user mode and in the", r.Rounds, r.Seconds)
	line("kernel. A ratio is the median of the rounds' ratios; in brackets when the peers an answer differ by")
	line("%g %% or more, since it then compares different work. Busy is the share of one processor that was", parity*100)
	line("used: less than all of it means waiting for the generator. %d processors, %s.", r.Processors, r.Go)
	for _, t := range r.Tables {
		line("\n### %s\n", t.Name)
		t.write(line)
	}
	_, err := io.WriteString(out, page.String())
	return err
}

func (t tableResult) write(line func(format string, args ...any)) {
	request, peers, p99 := "an answer", "peers an answer", "p99"
	if t.Browsers {
		request, peers, p99 = "an announce", "answers an announce", "p99, offer to answer"
	}
	header := []string{"", "CPU us " + request, "least to most", "to " + t.Base}
	if t.Floor != "" {
		header = append(header, "to the "+t.Floor)
	}
	header = append(header, peers, "same work", strings.TrimPrefix(request, "an ")+"s a second", "busy", p99, "lost")
	if t.Browsers {
		header = append(header, "KiB a socket")
	}
	line("| %s |", strings.Join(header, " | "))
	line("|---|%s", strings.Repeat("--:|", len(header)-1))
	for _, r := range t.Rows {
		cells := []string{r.Name, r.CPU.text("%.2f"), r.CPULeast.text("%.2f") + " to " + r.CPUMost.text("%.2f"), r.ratio(r.ToBase)}
		if t.Floor != "" {
			cells = append(cells, r.ratio(r.ToFloor))
		}
		cells = append(cells, r.Peers.text("%.1f"), yes(r.SameWork), r.Rate.text("%.0f"), (100 * r.Busy).text("%.0f %%"),
			r.P99.span(), (100 * r.Lost).text("%.3g %%"))
		if t.Browsers {
			cells = append(cells, (r.Memory / (1 << 10)).text("%.1f"))
		}
		line("| %s |", strings.Join(cells, " | "))
	}
	line("")
	for _, text := range slices.Concat(t.loads(), t.versions(), t.crossings(), t.Notes) {
		line("- %s", strings.ReplaceAll(text, "\n", " "))
	}
}

// crossings tells whose offers went from one target to another.
func (t tableResult) crossings() (notes []string) {
	for _, r := range t.Rows {
		if r.Crossed > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s of the offers went from one replica to another", r.Name, (100*r.Crossed).text("%.1f %%")))
		}
	}
	return notes
}

// loads tells the shape of the load, once for all rows that share it.
func (t tableResult) loads() (notes []string) {
	rows := map[string][]string{}
	var order []string
	for _, r := range t.Rows {
		shape := fmt.Sprintf("%d swarms of %d peers", r.Swarms, r.PeersEach)
		if rows[shape] == nil {
			order = append(order, shape)
		}
		rows[shape] = append(rows[shape], r.Name)
	}
	for _, shape := range order {
		notes = append(notes, shape+": "+strings.Join(rows[shape], ", "))
	}
	return notes
}

// versions tells each version once.
func (t tableResult) versions() (notes []string) {
	for _, r := range t.Rows {
		if note := r.Name + ": " + r.Version; r.Version != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return notes
}

// ratio is in brackets when it compares different work.
func (r row) ratio(f figure) string {
	if text := f.text("%.2f"); r.SameWork || text == unknown {
		return text
	}
	return "(" + f.text("%.2f") + ")"
}

const unknown = "?"

func (f figure) text(format string) string {
	if math.IsNaN(float64(f)) || math.IsInf(float64(f), 0) {
		return unknown
	}
	return fmt.Sprintf(format, float64(f))
}

// span is a number of microseconds, to two digits or three.
func (f figure) span() string {
	if f.text("%g") == unknown {
		return unknown
	}
	d := time.Duration(float64(f) * float64(time.Microsecond))
	if d > time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return strings.ReplaceAll(d.Round(time.Microsecond).String(), "µ", "u")
}

func yes(fact bool) string {
	if fact {
		return "yes"
	}
	return "no"
}
