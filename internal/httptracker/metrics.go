package httptracker

import (
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	connections   prometheus.Gauge
	unknownEvents prometheus.Counter
	panics        prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		connections: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "starling_http_connections",
			Help: "Connections that are open.",
		}),
		unknownEvents: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_http_unknown_events_total",
			Help: "Announces whose event is not in any BEP. They count as having none.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_http_panics_total",
			Help: "Requests that met a mistake of ours. Each is in the log.",
		}),
	}
	reg.MustRegister(m.connections, m.unknownEvents, m.panics)
	return m
}

// connState follows the life of a connection.
func (f *Frontend) connState(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		f.metrics.connections.Inc()
	case http.StateHijacked:
		f.metrics.connections.Dec()
		if p, ok := conn.(*placed); ok {
			p.leave()
		}
	case http.StateClosed:
		f.metrics.connections.Dec()
	case http.StateActive, http.StateIdle:
	}
}
