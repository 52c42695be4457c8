package replica

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	up   prometheus.Gauge
	skew prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "starling_redis_up",
			Help: "Whether Redis answers: 1 when it does, for a Cluster when any part of it does, otherwise 0.",
		}),
		skew: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "starling_redis_clock_skew_seconds",
			Help: "What Redis' clock is ahead of this machine's. All replicas go by Redis' clock.",
		}),
	}
	reg.MustRegister(m.up, m.skew)
	return m
}
