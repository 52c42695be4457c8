package relay_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetricsAreTidyAndThereFromTheStart(t *testing.T) {
	inBubble(t, 1, func(x *net, r []*replica) {
		problems, err := testutil.GatherAndLint(r[0].reg)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
		for name, want := range map[string]int{
			"starling_signals_total":         4,
			"starling_signals_dropped_total": 4,
			"starling_webrtc_renewals_total": 2,
			"starling_webrtc_releases_total": 2,
			"starling_webrtc_records":        1,
		} {
			if got, err := testutil.GatherAndCount(r[0].reg, name); err != nil || got != want {
				t.Errorf("%s: got %d series, error %v, want %d", name, got, err, want)
			}
		}
	})
}
