package tracker

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
)

// durationBounds are the upper bounds of the buckets of announce durations, in seconds.
var durationBounds = [...]float64{1e-6, 5e-6, 25e-6, 100e-6, 500e-6, 2.5e-3, 10e-3, 50e-3, 250e-3, 1}

// durations is a histogram of announce durations that counts many with one observation, which
// those of the metrics library do not. It is a [prometheus.Collector].
type durations struct {
	desc    *prometheus.Desc
	byProto [swarm.Protos]struct {
		buckets [len(durationBounds) + 1]atomic.Uint64 // not cumulative; the last has no bound
		sum     atomic.Uint64                          // of all, in sumUnits
	}
}

// sumUnit is fine enough to tell what announces take, and coarse enough to count for years.
const sumUnit = 100 * time.Nanosecond

func newDurations() *durations {
	return &durations{desc: prometheus.NewDesc("starling_announce_duration_seconds",
		"Time from an announce that was understood to its reply. Of announces that came together over UDP, the time of all.",
		[]string{"proto"}, nil)}
}

// observe counts n announces that took as long.
func (d *durations) observe(p swarm.Proto, n int, took time.Duration) {
	seconds, bucket := took.Seconds(), 0
	for bucket < len(durationBounds) && seconds > durationBounds[bucket] {
		bucket++
	}
	d.byProto[p].buckets[bucket].Add(uint64(n))
	d.byProto[p].sum.Add(uint64(max(took, 0)) * uint64(n) / uint64(sumUnit))
}

// Describe implements prometheus.Collector.
func (d *durations) Describe(ch chan<- *prometheus.Desc) { ch <- d.desc }

// Collect implements prometheus.Collector.
func (d *durations) Collect(ch chan<- prometheus.Metric) {
	for p := range swarm.Proto(swarm.Protos) {
		h := &d.byProto[p]
		cumulative, count := make(map[float64]uint64, len(durationBounds)), uint64(0)
		for i, bound := range durationBounds {
			count += h.buckets[i].Load()
			cumulative[bound] = count
		}
		count += h.buckets[len(durationBounds)].Load()
		sum := float64(h.sum.Load()) / float64(time.Second/sumUnit)
		ch <- prometheus.MustNewConstHistogram(d.desc, count, sum, cumulative, p.String())
	}
}
