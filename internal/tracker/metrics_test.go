package tracker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// wantMetric fails the test unless the children of name are those that want lists, label values
// without their names, and the counts of what is not zero.
func (n node) wantMetric(t *testing.T, name string, children int, want map[string]float64) {
	t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	found := 0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			found++
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			if v := m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount()); v != 0 {
				got[strings.Join(labels, " ")] = v
			}
		}
	}
	if found != children || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %d children, of which %v, want %d, %v", name, found, got, children, want)
	}
}

func TestAnnouncesAreCountedByProtocolFamilyAndEvent(t *testing.T) {
	n := overMemory(options)
	counts := map[string]float64{}
	const children = (2*2 + 1) * bittorrent.Events // browsers announce over WebSocket alone, and nobody else does
	n.wantMetric(t, "starling_announces_total", children, counts)
	times := 0
	for p := range swarm.Proto(swarm.Protos) {
		for f := range swarm.Family(swarm.Families) {
			for e := range bittorrent.Event(bittorrent.Events) {
				if (p == swarm.WebSocket) != (f == swarm.WebRTC) {
					continue
				}
				times++
				for range times {
					n.announce(t, swarm.Announce{Peer: peer(f, 1), Proto: p, Event: e})
				}
				counts[fmt.Sprintf("%v %v %v", e, f, p)] = float64(times)
			}
		}
	}
	n.wantMetric(t, "starling_announces_total", children, counts)
	n.wantMetric(t, "starling_store_errors_total", 2, map[string]float64{})
	n.wantMetric(t, "starling_scrapes_total", swarm.Protos, map[string]float64{})
}

func TestScrapesAreCountedByProtocolWhateverTheirSwarms(t *testing.T) {
	n := overMemory(options)
	for _, swarms := range []int{0, 1, 74} {
		if _, err := n.Scrape(t.Context(), swarm.UDP, 1, make([]bittorrent.InfoHash, swarms), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Scrape(t.Context(), swarm.HTTP, 1, nil, nil); err != nil {
		t.Fatal(err)
	}
	n.wantMetric(t, "starling_scrapes_total", swarm.Protos, map[string]float64{"http": 1, "udp": 3})
}

func TestRefusalsAreCountedByProtocolAndReason(t *testing.T) {
	n := overMemory(options)
	want := map[string]float64{}
	const children = swarm.Protos * swarm.Reasons
	n.wantMetric(t, "starling_refusals_total", children, want)
	times := 0
	for p := range swarm.Proto(swarm.Protos) {
		for r := range swarm.Reason(swarm.Reasons) {
			times++
			for range times {
				n.Refused(p, r)
			}
			want[fmt.Sprintf("%v %v", p, r)] = float64(times)
		}
	}
	n.wantMetric(t, "starling_refusals_total", children, want)
}

func TestErrorsOfTheStoreAreCountedAndItsRefusalsAreNot(t *testing.T) {
	refused := fmt.Errorf("shard 7: %w", swarm.RefusedError{Reason: swarm.Overloaded})
	for _, tt := range []struct {
		err  error
		want map[string]float64
	}{
		{errors.New("i/o timeout"), map[string]float64{"announce": 2, "scrape": 1}},
		{refused, map[string]float64{}},
		{fmt.Errorf("%w: lost", swarm.RefusedError{Reason: swarm.Unavailable}), map[string]float64{"announce": 2, "scrape": 1}},
	} {
		n := over(&fakeStore{err: tt.err}, options)
		for range 2 {
			_, _ = n.Announce(t.Context(), swarm.Announce{Peer: peer(swarm.IPv4, 1)}, nil)
		}
		_, _ = n.Scrape(t.Context(), swarm.UDP, 1, nil, nil)
		n.wantMetric(t, "starling_store_errors_total", 2, tt.want)
		n.wantMetric(t, "starling_announces_total", 25, map[string]float64{})
		n.wantMetric(t, "starling_scrapes_total", swarm.Protos, map[string]float64{})
		n.wantMetric(t, "starling_refusals_total", swarm.Protos*swarm.Reasons, map[string]float64{}) // the frontend's to count
	}
}

func TestDurationsAreOfEveryAnnounce(t *testing.T) {
	n := overMemory(options)
	n.wantMetric(t, "starling_announce_duration_seconds", swarm.Protos, map[string]float64{})
	n.Answered(swarm.HTTP, 1, 30*time.Microsecond)
	n.Answered(swarm.UDP, 64, time.Microsecond)
	n.Answered(swarm.UDP, 1, time.Minute)
	n.wantMetric(t, "starling_announce_duration_seconds", swarm.Protos, map[string]float64{"http": 1, "udp": 65})
	const want = `
		# HELP starling_announce_duration_seconds Time from an announce that was understood to its reply. Of announces that came together over UDP, the time of all.
		# TYPE starling_announce_duration_seconds histogram
		starling_announce_duration_seconds_bucket{proto="http",le="1e-06"} 0
		starling_announce_duration_seconds_bucket{proto="http",le="5e-06"} 0
		starling_announce_duration_seconds_bucket{proto="http",le="2.5e-05"} 0
		starling_announce_duration_seconds_bucket{proto="http",le="0.0001"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="0.0005"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="0.0025"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="0.01"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="0.05"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="0.25"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="1"} 1
		starling_announce_duration_seconds_bucket{proto="http",le="+Inf"} 1
		starling_announce_duration_seconds_sum{proto="http"} 3e-05
		starling_announce_duration_seconds_count{proto="http"} 1
		starling_announce_duration_seconds_bucket{proto="udp",le="1e-06"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="5e-06"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="2.5e-05"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.0001"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.0005"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.0025"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.01"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.05"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="0.25"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="1"} 64
		starling_announce_duration_seconds_bucket{proto="udp",le="+Inf"} 65
		starling_announce_duration_seconds_sum{proto="udp"} 60.000064
		starling_announce_duration_seconds_count{proto="udp"} 65
		starling_announce_duration_seconds_bucket{proto="ws",le="1e-06"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="5e-06"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="2.5e-05"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.0001"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.0005"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.0025"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.01"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.05"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="0.25"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="1"} 0
		starling_announce_duration_seconds_bucket{proto="ws",le="+Inf"} 0
		starling_announce_duration_seconds_sum{proto="ws"} 0
		starling_announce_duration_seconds_count{proto="ws"} 0
	`
	if err := testutil.GatherAndCompare(n.registry, strings.NewReader(want), "starling_announce_duration_seconds"); err != nil {
		t.Error(err)
	}
}

func TestMetricNamesAreInOrder(t *testing.T) {
	problems, err := testutil.GatherAndLint(overMemory(options).registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("got %v, error %v, want no problems", problems, err)
	}
}
