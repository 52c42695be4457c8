package wstracker_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetricsAreInOrderAndThereFromTheStart(t *testing.T) {
	l := startFake(t, new(fake), nil)
	problems, err := testutil.GatherAndLint(l.reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v, want no problems", problems, err)
	}
	for name, want := range map[string]int{
		"starling_sessions": 1, "starling_sessions_total": 1, "starling_sessions_closed_total": 10,
		"starling_ws_handshakes_refused_total": 5, "starling_ws_messages_total": 4, "starling_ws_dropped_total": 3,
		"starling_ws_outbox_bytes": 1, "starling_ws_panics_total": 1,
	} {
		if got, err := testutil.GatherAndCount(l.reg, name); err != nil || got != want {
			t.Errorf("got %d series of %s, error %v, want %d", got, name, err, want)
		}
	}
	b := l.dial()
	b.send(with(``))
	b.get()
	b.send(`{`)
	b.get()
	l.wantMetric("starling_ws_messages_total", "announce", 1)
	l.wantMetric("starling_ws_messages_total", "invalid", 1)
	l.wantMetric("starling_sessions", "", 1)
	l.wantMetric("starling_sessions_total", "", 1)
}
