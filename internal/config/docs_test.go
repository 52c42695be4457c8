package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md instead of comparing with it")

var docsPath = filepath.Join("..", "..", "docs", "configuration.md")

func TestDocsAreGenerated(t *testing.T) {
	var b strings.Builder
	if err := config.WriteDocs(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(docsPath, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsPath)
	if err != nil || string(got) != b.String() {
		t.Errorf("got another %s (%v), want what WriteDocs writes; go generate ./internal/config writes it", docsPath, err)
	}
}

func TestDocsExampleLoads(t *testing.T) {
	docs, err := os.ReadFile(docsPath)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(docs), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed {
		t.Fatal("got docs without an example, want one")
	}
	c := mustLoad(t, []string{"--config=" + write(t, example)}, nil)
	if diff(c, mustLoad(t, nil, nil)) == "" {
		t.Error("got the defaults, want an example that sets something")
	}

	secretFile := write(t, secret)
	example = strings.Replace(example, "# secret_file: /etc/starling/udp-secret", "secret_file: "+secretFile, 1)
	c = mustLoad(t, []string{"--config=" + write(t, example)}, nil)
	if string(c.UDP.Secret) != secret {
		t.Errorf("got secret %q from the example's commented line, want %q", string(c.UDP.Secret), secret)
	}
}
