package redisbus

import "github.com/prometheus/client_golang/prometheus"

// A drop is why a signal was dropped.
type drop uint8

const (
	dropFull     drop = iota // the lane had no room
	dropAway                 // Redis was not reached, or refused
	dropTooLarge             // the SDP is larger than any should be
	dropInvalid              // nobody understands it
	dropGone                 // nobody is subscribed
	drops
)

var dropNames = [drops]string{"full", "away", "too_large", "invalid", "gone"}

type metrics struct {
	reconnects    prometheus.Counter
	subscriptions prometheus.Gauge
	published     prometheus.Counter
	received      prometheus.Counter
	dropped       [drops]prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	dropped := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_bus_dropped_total",
		Help: "Signals dropped on the way to or from Redis, by reason.",
	}, []string{"reason"})
	m := &metrics{
		reconnects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_bus_reconnects_total",
			Help: "Connections for signals from Redis that were lost and opened again.",
		}),
		subscriptions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "starling_bus_subscriptions",
			Help: "Browsers whose signals this replica wants.",
		}),
		published: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_bus_published_total",
			Help: "Signals that Redis took.",
		}),
		received: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_bus_received_total",
			Help: "Signals of other replicas that Redis brought.",
		}),
	}
	for d, name := range dropNames {
		m.dropped[d] = dropped.WithLabelValues(name)
	}
	reg.MustRegister(dropped, m.reconnects, m.subscriptions, m.published, m.received)
	return m
}
