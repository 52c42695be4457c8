package ops_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestMetricsAreThoseOfTheRegistry(t *testing.T) {
	n := start(t, nil)
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "starling_test_total", Help: "A test's."})
	n.registry.MustRegister(counter)
	counter.Add(7)
	got := n.get(t, "/metrics")
	if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=") {
		t.Errorf("got status %d of type %q, want 200 and Prometheus's text", got.status, got.header.Get("Content-Type"))
	}
	for _, line := range []string{
		"# HELP starling_test_total A test's.\n", "starling_test_total 7\n",
		"starling_swarms{family=\"ipv4\"} 0\n",
	} {
		if !strings.Contains(got.body, line) {
			t.Errorf("got metrics without %q", line)
		}
	}
}

func TestMetricsThatCannotBeGatheredAreAnErrorAndLogged(t *testing.T) {
	n := open(t, nil)
	stop := n.run(t)
	n.registry.MustRegister(prometheus.CollectorFunc(func(metrics chan<- prometheus.Metric) {
		metrics <- prometheus.NewInvalidMetric(prometheus.NewDesc("starling_test", "Bad.", nil, nil), errors.New("broken"))
	}))
	got := n.get(t, "/metrics")
	stop()
	if got.status != http.StatusInternalServerError || !strings.Contains(n.log.String(), "level=WARN") {
		t.Errorf("got status %d and log %q, want 500 and a warning", got.status, n.log.String())
	}
}

func TestProfilesAreServed(t *testing.T) {
	n := start(t, nil)
	for path, part := range map[string]string{
		"/debug/pprof/":                    "goroutine?debug=1",
		"/debug/pprof/goroutine?debug=1":   "goroutine profile: total",
		"/debug/pprof/heap?debug=1":        "heap profile:",
		"/debug/pprof/allocs":              "\x1f\x8b", // compressed
		"/debug/pprof/symbol":              "num_symbols: 1",
		"/debug/pprof/profile?seconds=1":   "\x1f\x8b",
		"/debug/pprof/trace?seconds=0.001": "go 1.",
	} {
		if got := n.get(t, path); got.status != http.StatusOK || !strings.Contains(got.body, part) {
			t.Errorf("%s: got %d and %.80q, want 200 and %q", path, got.status, got.body, part)
		}
	}
}

// A command line may hold the secret of connection IDs.
func TestTheCommandLineIsNotShown(t *testing.T) {
	if got := start(t, nil).get(t, "/debug/pprof/cmdline"); got.status != http.StatusNotFound {
		t.Errorf("got %d and %q, want 404", got.status, got.body)
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	n := start(t, nil)
	for _, path := range []string{"/", "/announce", "/swarms", "/swarms/", "/metrics/", "/readyz/x", "/swarms/a/b"} {
		if got := n.get(t, path); got.status != http.StatusNotFound {
			t.Errorf("%s: got %d and %.80q, want 404", path, got.status, got.body)
		}
	}
}

func TestOnlyGETAndHEADAreAllowed(t *testing.T) {
	n := start(t, nil)
	paths := []string{"/metrics", "/livez", "/swarms/" + strings.Repeat("0", 40), "/debug/pprof/"}
	for _, path := range paths {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			got, err := n.ask(method, path)
			if err != nil || got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: got %+v, error %v, want 405", method, path, got, err)
			}
		}
		got, err := n.ask(http.MethodHead, path)
		if err != nil || got.status != http.StatusOK || got.body != "" {
			t.Errorf("HEAD %s: got %+v, error %v, want 200 and no body", path, got, err)
		}
	}
}
