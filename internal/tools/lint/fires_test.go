// Package lint_test breaks every house rule once and sees golangci-lint report it: a rule that was
// never seen to fire is decoration.
package lint_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// A finding is one complaint about one line. The set is compared, not the texts: those belong to
// the linters.
type finding struct {
	at, linter string
}

var (
	mark     = regexp.MustCompile(`/[/*] want ((?: ?\w+)+)`)
	reported = regexp.MustCompile(`(?m)^(\S+\.go:\d+):\d+: .* \((\w+)\)$`)
	enabled  = regexp.MustCompile(`(?m)^    - (\w+)$`)
)

func TestEveryRuleFires(t *testing.T) {
	config, err := os.ReadFile("../../../.golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".golangci.yml"), string(config))
	want := unpack(t, dir)
	got, output := run(t, dir)

	for f := range want {
		if !got[f] {
			t.Errorf("%s: got nothing, want %s", f.at, f.linter)
		}
	}
	for f := range got {
		if !want[f] {
			t.Errorf("%s: got %s, want nothing", f.at, f.linter)
		}
	}
	if t.Failed() {
		t.Logf("golangci-lint said:\n%s", output)
	}
	names := slices.Collect(maps.Keys(want))
	for _, m := range enabled.FindAllSubmatch(config, -1) {
		if !slices.ContainsFunc(names, func(f finding) bool { return f.linter == string(m[1]) }) {
			t.Errorf("%s is enabled, got no violation that tries it", m[1])
		}
	}
}

// unpack writes the archives of testdata below dir and returns what their marks ask for.
func unpack(t *testing.T, dir string) map[finding]bool {
	t.Helper()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("got %d archives (%v), want some", len(archives), err)
	}
	want := make(map[finding]bool)
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			text := strings.ReplaceAll(string(f.Data), "<RLO>", "\u202e")
			write(t, filepath.Join(dir, f.Name), text)
			for i, line := range strings.Split(text, "\n") {
				if m := mark.FindStringSubmatch(line); m != nil {
					for linter := range strings.FieldsSeq(m[1]) {
						want[finding{fmt.Sprintf("%s:%d", f.Name, i+1), linter}] = true
					}
				}
			}
		}
	}
	return want
}

// run lints dir and returns every finding, none folded together, and the raw output.
func run(t *testing.T, dir string) (got map[finding]bool, output string) {
	t.Helper()
	path, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "golangci-lint").Output()
	if err != nil {
		t.Fatalf("go tool -n golangci-lint: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), strings.TrimSpace(string(path)), "run", "--allow-parallel-runners",
		"--uniq-by-line=false", "--max-issues-per-linter=0", "--max-same-issues=0",
		"--output.text.path=stdout", "--output.text.print-issued-lines=false", "--output.text.colors=false")
	cmd.Dir = dir
	raw, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("golangci-lint found nothing, want findings:\n%s", raw)
	}
	got = make(map[finding]bool)
	for _, m := range reported.FindAllStringSubmatch(string(raw), -1) {
		got[finding{m[1], m[2]}] = true
	}
	return got, string(raw)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
