//go:build linux

package main

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// measured are a table's results as two rounds could have made them.
func measured() results {
	of := func(name string, swarms int) entry {
		return entry{name: name, version: "of " + name, load: load{protocol: "udp", swarms: swarms, peers: 100}}
	}
	t := table{
		name: "UDP", base: starlingName, floor: floorName, notes: []string{"nobody is left out"},
		entries: []entry{of(floorName, 20), of(starlingName, 20), of("few", 10), of("gone", 20)},
	}
	return results{Go: "go1", Processors: 2, Rounds: 2, Seconds: 5, Tables: []tableResult{newTableResult(t, [][]*sample{
		{{CPU: 3, Peers: 50, Rate: 200_000, P99: 800, Answers: 100}, {CPU: 5, Peers: 50, Rate: 100_000, P99: 900, Answers: 100}},
		{{CPU: 6, Peers: 50, Rate: 100_000, P99: 2000, Answers: 99, Lost: 1}, {CPU: 10, Peers: 50, Rate: 50_000, P99: 3000, Answers: 100}},
		{{CPU: 9, Peers: 30, Rate: 90_000, P99: 1e6, Answers: 50, Errors: 50}, nil},
		{nil, nil},
	})}}
}

func TestMarkdownTellsWhatCounts(t *testing.T) {
	var page strings.Builder
	if err := measured().writeMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(page.String(), "### UDP")
	const want = `

|  | CPU us an answer | least to most | to Starling | to the floor | peers an answer | same work | answers a second | busy | p99 | lost |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
| floor | 4.00 | 3.00 to 5.00 | 0.50 | 1.00 | 50.0 | yes | 150000 | 55 % | 850us | 0 % |
| Starling | 8.00 | 6.00 to 10.00 | 1.00 | 2.00 | 50.0 | yes | 75000 | 55 % | 2.5ms | 0.5 % |
| few | 9.00 | 9.00 to 9.00 | (1.50) | (3.00) | 30.0 | no | 90000 | 81 % | 1s | 50 % |
| gone | ? | ? to ? | ? | ? | ? | no | ? | ? | ? | ? |

- 20 swarms of 100 peers: floor, Starling, gone
- 10 swarms of 100 peers: few
- floor: of floor
- Starling: of Starling
- few: of few
- gone: of gone
- nobody is left out
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got (+), want (-):\n%s", diff)
	}
}

func TestJSONHasNullForWhatIsNotKnown(t *testing.T) {
	var page strings.Builder
	if err := measured().writeJSON(&page); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tables []struct {
			Rows []struct {
				Name    string
				CPU     *float64 `json:"cpu_us_per_answer"`
				ToBase  *float64 `json:"cpu_ratio_to_base"`
				Samples []*sample
			}
		}
	}
	if err := json.Unmarshal([]byte(page.String()), &got); err != nil {
		t.Fatalf("%v in %s", err, &page)
	}
	rows := got.Tables[0].Rows
	if few := rows[2]; few.ToBase == nil || *few.ToBase != 1.5 || len(few.Samples) != 2 || few.Samples[1] != nil {
		t.Errorf("a row with a failed round: got %+v, want a ratio of 1.5 and a sample that is null", few)
	}
	if gone := rows[3]; gone.CPU != nil || gone.ToBase != nil {
		t.Errorf("a row that always failed: got %+v, want null", gone)
	}
}

func TestWithoutTheBaseTheWorkIsThatWhichWasAskedFor(t *testing.T) {
	only := table{name: "UDP", base: starlingName, entries: []entry{{name: "a"}, {name: "b"}}}
	r := newTableResult(only, [][]*sample{{{CPU: 1, Peers: numWant}}, {{CPU: 1, Peers: numWant / 2}}})
	if !r.Rows[0].SameWork || r.Rows[1].SameWork {
		t.Errorf("%d and %d peers: got same work %t and %t, want true and false",
			numWant, numWant/2, r.Rows[0].SameWork, r.Rows[1].SameWork)
	}
	if !math.IsNaN(float64(r.Rows[0].ToBase)) {
		t.Errorf("ratio to what was not measured: got %g, want NaN", r.Rows[0].ToBase)
	}
}
