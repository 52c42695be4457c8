package app

import (
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/starling-tracker/starling/internal/config"
)

//go:generate go test -run ^TestMetricsDocs$ -update .

var update = flag.Bool("update", false, "write docs/metrics.md instead of comparing with it")

var metricsPath = filepath.Join("..", "..", "docs", "metrics.md")

// registered returns our own metrics of trackers with every frontend, one that keeps swarms in memory and
// one that keeps them in Redis, in the order of their names, and the registries of both.
func registered(t *testing.T) (ours []*dto.MetricFamily, registries [2]*prometheus.Registry) {
	t.Helper()
	byName := map[string]*dto.MetricFamily{}
	for i, url := range [...]config.Secret{"", "redis://127.0.0.1:1"} { // there is none, for which nobody waits
		cfg := defaults(t)
		cfg.Redis.URL = url
		p, err := build(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.close(); err != nil {
				t.Error(err)
			}
		})
		all, err := p.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if strings.HasPrefix(f.GetName(), "starling_") {
				byName[f.GetName()] = f
			}
		}
		registries[i] = p.registry
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		ours = append(ours, byName[name])
	}
	return ours, registries
}

func names(families []*dto.MetricFamily) (names []string) {
	for _, f := range families {
		names = append(names, f.GetName())
	}
	return names
}

func TestMetricsDocs(t *testing.T) {
	ours, _ := registered(t)
	want := metricsPage(ours)
	if *update {
		if err := os.WriteFile(metricsPath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(metricsPath)
	if err != nil || string(got) != want {
		t.Errorf("got another %s (%v), want what this test makes of the registry; go generate ./internal/app writes it",
			metricsPath, err)
	}
	for _, part := range []string{"starling_announces_total", "starling_http_", "starling_udp_", "starling_peers", "starling_redis_", "starling_build_info"} {
		if !slices.ContainsFunc(names(ours), func(name string) bool { return strings.HasPrefix(name, part) }) {
			t.Errorf("got metrics %q, want some that begin with %s", names(ours), part)
		}
	}
}

func TestMetricNamesAreInOrder(t *testing.T) {
	ours, registries := registered(t)
	for _, registry := range registries {
		problems, err := testutil.GatherAndLint(registry, names(ours)...)
		if err != nil || len(problems) > 0 {
			t.Errorf("got %v, error %v, want no problems", problems, err)
		}
	}
}

const metricsHead = `# Metrics

The operators' server (` + "`ops.listen`" + `) serves these at ` + "`/metrics`" + ` in Prometheus's formats. Beside them are
those of the process (` + "`process_*`" + `), of the Go runtime (` + "`go_*`" + `) and of the page itself (` + "`promhttp_*`" + `),
as Prometheus's library for Go names them. Those that begin with ` + "`starling_redis_`" + ` are there when swarms
are in Redis, and ` + "`starling_peers` and `starling_swarms`" + ` when they are in memory.

Labels have the values listed here and no others; no metric holds an info hash, an address or a client's
name. Every combination that can occur is there from the start, as zero. Only the values of
` + "`starling_build_info`" + ` differ from build to build.

| metric | type | labels | what it says |
|---|---|---|---|
`

// metricsPage is docs/metrics.md: a row a metric.
func metricsPage(families []*dto.MetricFamily) string {
	var page strings.Builder
	page.WriteString(metricsHead)
	for _, f := range families {
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n",
			f.GetName(), strings.ToLower(f.GetType().String()), labels(f), strings.ReplaceAll(f.GetHelp(), "|", `\|`))
	}
	return page.String()
}

// labels lists the labels of a metric, each with its values, but those that differ from build to build.
func labels(f *dto.MetricFamily) string {
	values := map[string]map[string]bool{}
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			if values[l.GetName()] == nil {
				values[l.GetName()] = map[string]bool{}
			}
			values[l.GetName()][l.GetValue()] = true
		}
	}
	if len(values) == 0 {
		return "none"
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		label := "`" + name + "`"
		if f.GetName() != "starling_build_info" {
			label += ": " + strings.Join(slices.Sorted(maps.Keys(values[name])), ", ")
		}
		all = append(all, label)
	}
	return strings.Join(all, "; ")
}
