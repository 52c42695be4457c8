package reliability_test

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// A row is a scenario's in the table.
type row struct {
	name                                   string
	sent, refused, late, unanswered, wrong int
	recovery, longest                      time.Duration
	outcomes
}

var (
	rowsMu sync.Mutex // guards rows
	rows   []row
)

func addRow(r row) {
	rowsMu.Lock()
	defer rowsMu.Unlock()
	rows = append(rows, r)
}

// writeTable writes the table as Markdown, if it was asked for.
func writeTable(w io.Writer) {
	if !*printTable {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.name, b.name) })
	fmt.Fprintln(w, "| Redis | sent | refused | late | unanswered | wrong | longest | recovery | goroutines | RSS, MiB |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range rows {
		fmt.Fprintf(w, "| %s | %d | %d | %d | %d | %d | %d ms | %.1f s | %d -> %d | %.0f -> %.0f |\n",
			r.name, r.sent, r.refused, r.late, r.unanswered, r.wrong, r.longest.Milliseconds(), r.recovery.Seconds(),
			r.goroutinesBefore, r.goroutinesAfter, r.rssBefore, r.rssAfter)
	}
}

var errStillEnding = errors.New("they may still be ending")

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
