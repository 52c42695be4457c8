package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An event holds the fields of cmd/test2json's TestEvent that matter here.
type event struct {
	Action, Package, Test, Output string
}

// A test names a test, and with an empty name all of its package that is outside of tests.
type test struct{ pkg, name string }

// A summary counts tests, subtests included. A package that fails with none of its tests to blame
// (it does not build, or its process dies) counts as one that failed.
type summary struct {
	passed, failed, skipped int

	held   map[test]string // output of what has not ended yet
	blamed map[string]bool // packages of which a test failed
}

func newSummary() *summary {
	return &summary{held: make(map[test]string), blamed: make(map[string]bool)}
}

func (s *summary) ok() bool { return s.passed > 0 && s.failed == 0 && s.skipped == 0 }

// read consumes events until r ends, and then writes the counts. Lines that are no events are
// passed on as they are.
func (s *summary) read(r io.Reader, w io.Writer) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		out := line
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			out = s.add(e)
		}
		if _, werr := io.WriteString(w, out); werr != nil {
			return werr
		}
		switch {
		case errors.Is(err, io.EOF):
			_, err := fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
			return err
		case err != nil:
			return err
		}
	}
}

// add counts e and returns the output that is to be seen now.
func (s *summary) add(e event) string {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		return e.Output
	case "output":
		s.held[t] += e.Output
		return ""
	case "pass", "fail", "skip":
	default:
		return ""
	}
	if e.Test == "" {
		return s.endPackage(e)
	}
	held := s.held[t]
	delete(s.held, t)
	switch e.Action {
	case "pass":
		s.passed++
		return ""
	case "fail":
		s.failed++
		s.blamed[e.Package] = true
	case "skip":
		s.skipped++
	}
	return held
}

// endPackage returns the verdict on a good package, and all that is left of a bad one: what its
// tests were printing when it died tells why.
func (s *summary) endPackage(e event) string {
	whole := test{pkg: e.Package}
	own := s.held[whole]
	delete(s.held, whole)
	if e.Action != "fail" {
		return verdict(own)
	}
	if !s.blamed[e.Package] {
		s.failed++
	}
	var out strings.Builder
	for t, held := range s.held {
		if t.pkg == e.Package {
			out.WriteString(held)
			delete(s.held, t)
		}
	}
	return out.String() + own
}

// verdict keeps the lines that go test prints of a good package when it is not asked for more.
func verdict(output string) string {
	var kept strings.Builder
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "ok ") || strings.HasPrefix(line, "? ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
