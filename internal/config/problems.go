package config

import (
	"fmt"
	"strings"
)

// Problems are all that is wrong with a configuration, one error each. Each names a key, a
// variable, or a line of the file, and none shows a secret.
type Problems []error

// Error returns one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, err := range p {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (p Problems) Unwrap() []error { return p }

// A report collects problems.
type report struct{ problems Problems }

func (r *report) add(format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf(format, args...))
}

// err returns the problems, or nil if there are none.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems
}

// unknown returns what to say of a name that does not exist: which known one is most like it.
// The prefix stands before all of them and is no part of the likeness.
func unknown(what, prefix, name string, known []string) string {
	nearest, distance := "", (len(name)+1)/2+1
	for _, k := range known {
		if d := editDistance(name, k); d < distance {
			nearest, distance = k, d
		}
	}
	if nearest == "" {
		return fmt.Sprintf("unknown %s %s%s; `starling config print` shows all there are", what, prefix, name)
	}
	return fmt.Sprintf("unknown %s %s%s; did you mean %s%s?", what, prefix, name, prefix, nearest)
}

// editDistance is how many letters have to be put in, taken out or exchanged to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
