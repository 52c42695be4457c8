package udptracker_test

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// A sample is what a counter or gauge says.
type sample struct {
	labels []string // their values alone
	value  float64
}

// samples returns what all children of the metric name say.
func (n *node) samples(t testing.TB, name string) (samples []sample) {
	t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			s := sample{value: m.GetCounter().GetValue() + m.GetGauge().GetValue()} // it is one of them
			for _, l := range m.GetLabel() {
				s.labels = append(s.labels, l.GetValue())
			}
			samples = append(samples, s)
		}
	}
	return samples
}

// value returns what the child of name says that has all these label values. It fails the test
// unless there is exactly one.
func (n *node) value(t testing.TB, name string, labels ...string) float64 {
	t.Helper()
	var found []sample
	for _, s := range n.samples(t, name) {
		if !slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(s.labels, l) }) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d metrics %s with %q, want one", len(found), name, labels)
	}
	return found[0].value
}

// dropped returns how many datagrams n dropped for a reason.
func (n *node) dropped(t testing.TB, reason string) float64 {
	t.Helper()
	return n.value(t, "starling_udp_dropped_total", reason)
}

// allDropped returns how many datagrams n dropped.
func (n *node) allDropped(t testing.TB) (sum float64) {
	t.Helper()
	for _, s := range n.samples(t, "starling_udp_dropped_total") {
		sum += s.value
	}
	return sum
}

func TestEveryDropReasonIsThereFromTheStart(t *testing.T) {
	var got []string
	for _, s := range start(t, setup{}).samples(t, "starling_udp_dropped_total") {
		if got = append(got, s.labels...); s.value != 0 {
			t.Errorf("%v: got %v, want 0", s.labels, s.value)
		}
	}
	// The words that dashboards rely on.
	want := []string{"busy", "connection_id", "panic", "read", "short", "source_port", "unknown_action", "write", "wrong_magic"}
	if !slices.Equal(got, want) {
		t.Errorf("got reasons %q, want %q", got, want)
	}
}

func TestMetricNamesAreInOrder(t *testing.T) {
	problems, err := testutil.GatherAndLint(start(t, setup{}).registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v, want no problems", problems, err)
	}
}
