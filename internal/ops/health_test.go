package ops_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/starling-tracker/starling/internal/ops"
)

func TestReadyzTellsTheState(t *testing.T) {
	n := start(t, nil)
	want := func(status int, body string) {
		t.Helper()
		if got := n.get(t, "/readyz"); got.status != status || got.body != body {
			t.Errorf("got %d %q, want %d %q", got.status, got.body, status, body)
		}
	}
	want(http.StatusServiceUnavailable, "starting\n")
	n.health.Set(ops.Ready)
	want(http.StatusOK, "ready\n")
	n.health.Set(ops.Draining)
	want(http.StatusServiceUnavailable, "draining\n")
}

func TestReadyzNamesWhatIsMissing(t *testing.T) {
	var up atomic.Bool
	for _, required := range []bool{false, true} {
		n := open(t, nil)
		n.health.Needs = []ops.Need{{Name: "redis", Met: up.Load, Required: required}}
		n.run(t)
		want := func(status int, body string) {
			t.Helper()
			if got := n.get(t, "/readyz"); got.status != status || got.body != body {
				t.Errorf("required %v: got %d %q, want %d %q", required, got.status, got.body, status, body)
			}
		}
		want(http.StatusServiceUnavailable, "starting\n")
		n.health.Set(ops.Ready)
		if required {
			want(http.StatusServiceUnavailable, "ready\ndegraded: redis\n")
		} else {
			want(http.StatusOK, "ready\ndegraded: redis\n")
		}
		up.Store(true)
		want(http.StatusOK, "ready\n")
		up.Store(false)
		n.health.Set(ops.Draining)
		want(http.StatusServiceUnavailable, "draining\n")
	}
}

func TestLivezIsGreenInEveryState(t *testing.T) {
	n := start(t, nil)
	for _, state := range []ops.State{ops.Starting, ops.Ready, ops.Draining} {
		n.health.Set(state)
		if got := n.get(t, "/livez"); got.status != http.StatusOK || got.body != "live\n" {
			t.Errorf("%v: got %d %q, want 200 and that it lives", state, got.status, got.body)
		}
	}
}
