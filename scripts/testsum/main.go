// Command testsum reads the events of go test -json and prints what go test alone would have
// printed, then one line of counts. Its exit status is 1 when something failed, when a test was
// skipped (a test that did not run has shown nothing), and when none ran at all.
package main

import (
	"fmt"
	"os"
)

func main() {
	s := newSummary()
	err := s.read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	if err != nil || !s.ok() {
		os.Exit(1) //nolint:forbidigo // this is main
	}
}
