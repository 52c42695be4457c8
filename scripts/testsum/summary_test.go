package main

import (
	"strings"
	"testing"
)

func TestSummaryShowsWhatMattersAndCounts(t *testing.T) {
	const run = `{"Action":"output","Package":"p","Test":"T","Output":"=== RUN T\n"}` + "\n"
	for _, c := range []struct {
		name, in, out string
		ok            bool
	}{
		{
			"AGoodRunIsVerdicts",
			run + `{"Action":"pass","Package":"p","Test":"T"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}
{"Action":"skip","Package":"q"}
`, "ok  \tp\t1s\n?   \tq\t[no test files]\n1 passed, 0 failed, 0 skipped\n", true,
		},
		{
			"AFailureIsShownAndCountedOnce",
			run + `{"Action":"pass","Package":"p","Test":"U"}
{"Action":"fail","Package":"p","Test":"T"}
{"Action":"output","Package":"p","Output":"FAIL\tp\n"}
{"Action":"fail","Package":"p"}
`, "=== RUN T\nFAIL\tp\n1 passed, 1 failed, 0 skipped\n", false,
		},
		{
			"ASkipIsShownAndNotOK",
			run + `{"Action":"skip","Package":"p","Test":"T"}
{"Action":"pass","Package":"p","Test":"U"}
{"Action":"pass","Package":"p"}
`, "=== RUN T\n1 passed, 0 failed, 1 skipped\n", false,
		},
		{
			"ADeadPackageFailsAndShowsWhatItSaid",
			`{"Action":"pass","Package":"p","Test":"U"}
` + run + `{"Action":"fail","Package":"p"}
`, "=== RUN T\n1 passed, 1 failed, 0 skipped\n", false,
		},
		{
			"ABrokenBuildFails",
			`{"ImportPath":"p","Action":"build-output","Output":"no such thing\n"}
{"Action":"pass","Package":"q","Test":"U"}
{"Action":"fail","Package":"p"}
`, "no such thing\n1 passed, 1 failed, 0 skipped\n", false,
		},
		{"OtherLinesPass", "hello\n", "hello\n0 passed, 0 failed, 0 skipped\n", false},
		{"NothingIsNotSuccess", "", "0 passed, 0 failed, 0 skipped\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSummary()
			var out strings.Builder
			if err := s.read(strings.NewReader(c.in), &out); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.out {
				t.Errorf("input:\n%s\ngot:\n%s\nwant:\n%s", c.in, got, c.out)
			}
			if s.ok() != c.ok {
				t.Errorf("ok: got %v, want %v", s.ok(), c.ok)
			}
		})
	}
}
