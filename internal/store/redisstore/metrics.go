package redisstore

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	durations prometheus.Observer
	sizes     prometheus.Observer
	short     prometheus.Counter
	panics    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	durations := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "starling_redis_pipeline_duration_seconds",
		Help:    "Time that a pipeline of announces took, to Redis and back.",
		Buckets: prometheus.ExponentialBuckets(100e-6, 2, 14),
	})
	sizes := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name:    "starling_redis_pipeline_announces",
		Help:    "Announces and scrapes that a pipeline carried, and swarms in which records of browsers were dealt with.",
		Buckets: []float64{1, 2, 4, 8, 16, 32, 64, batchSize},
	})
	m := &metrics{
		durations: durations,
		sizes:     sizes,
		short: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_redis_short_lists_total",
			Help: "Lists that were shorter than they could have been, because the swarm had changed more than expected.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_redis_panics_total",
			Help: "Pipelines that met a mistake of ours. Each is in the log.",
		}),
	}
	reg.MustRegister(durations, sizes, m.short, m.panics)
	return m
}

// pipeline counts one that carried n announces.
func (m *metrics) pipeline(n int, took time.Duration) {
	m.durations.Observe(took.Seconds())
	m.sizes.Observe(float64(n))
}
