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

	const url = "rediss://starling:password@redis.example:6379" // that of the example's comment
	if !strings.Contains(example, url) {
		t.Errorf("got an example without %s", url)
	}
	example = strings.Replace(example, "# secret_file: /etc/starling/udp-secret", "secret_file: "+write(t, secret), 1)
	example = strings.Replace(example, "# url_file: /etc/starling/redis-url", "url_file: "+write(t, url), 1)
	c = mustLoad(t, []string{"--config=" + write(t, example)}, nil)
	if string(c.UDP.Secret) != secret || string(c.Redis.URL) != url {
		t.Errorf("got secret %q and URL %q from the example's commented lines, want %q and %q",
			string(c.UDP.Secret), string(c.Redis.URL), secret, url)
	}
}
