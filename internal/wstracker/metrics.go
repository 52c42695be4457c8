package wstracker

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// An ending is why a session ended. The list is closed.
type ending uint32

const (
	open         ending = iota // it has not
	left                       // the browser closed it
	lost                       // its connection broke
	silent                     // two pings were followed by nothing
	stuck                      // what was sent to it did not go out in time
	slow                       // a message took too long to arrive
	tooLarge                   // a message was too large
	malformed                  // too many messages in a row were no JSON objects
	protocol                   // it broke the rules of WebSocket
	shuttingDown               // the tracker stops
	panicked                   // a mistake of ours
	endings
)

var endingNames = [endings]string{
	"", "left", "lost", "silent", "stuck", "slow", "too_large", "malformed", "protocol", "shutdown", "panic",
}

// A refusal is why a handshake was answered with an error of HTTP. The list is closed.
type refusal uint8

const (
	badRequest  refusal = iota // it was none that WebSocket knows
	badOrigin                  // the page's origin is not allowed
	full                       // there are as many sessions as allowed
	fullAddress                // there are as many of this address
	stopping                   // the tracker stops
	refusals
)

var refusalNames = [refusals]string{"request", "origin", "sessions", "sessions_of_address", "shutdown"}

// An inbound is what a message of a browser turned out to be.
type inbound uint8

const (
	gotAnnounce inbound = iota
	gotAnswer
	gotScrape
	gotInvalid
	inbounds
)

var inboundNames = [inbounds]string{"announce", "answer", "scrape", "invalid"}

// metrics holds every child resolved, so that a message looks no label up.
type metrics struct {
	sessions prometheus.Gauge
	opened   prometheus.Counter
	closed   [endings]prometheus.Counter
	refused  [refusals]prometheus.Counter
	messages [inbounds]prometheus.Counter
	panics   prometheus.Counter
	outbox   outboxMetrics
}

// outboxMetrics count for all outboxes.
type outboxMetrics struct {
	bytes   atomic.Int64
	offers  prometheus.Counter
	answers prometheus.Counter
	late    prometheus.Counter
}

func (m *outboxMetrics) dropped(k kind) {
	if k == offer {
		m.offers.Inc()
	} else {
		m.answers.Inc()
	}
}

func newMetrics(reg prometheus.Registerer) *metrics {
	closed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_sessions_closed_total",
		Help: "WebSocket sessions that ended, by reason.",
	}, []string{"reason"})
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_ws_handshakes_refused_total",
		Help: "WebSocket handshakes that were answered with an HTTP error, by reason.",
	}, []string{"reason"})
	messages := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_ws_messages_total",
		Help: "Messages received over WebSocket, by kind.",
	}, []string{"kind"})
	dropped := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_ws_dropped_total",
		Help: "Messages to browsers that were not sent: offers and answers because the browser read too slowly, late ones of any kind because its session ended.",
	}, []string{"reason"})
	m := &metrics{
		sessions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "starling_sessions",
			Help: "WebSocket sessions that are open.",
		}),
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_sessions_total",
			Help: "WebSocket sessions that were opened.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_ws_panics_total",
			Help: "Sessions that met a mistake of ours. Each is in the log.",
		}),
		outbox: outboxMetrics{
			offers:  dropped.WithLabelValues("offer"),
			answers: dropped.WithLabelValues("answer"),
			late:    dropped.WithLabelValues("late"),
		},
	}
	reg.MustRegister(m.sessions, m.opened, m.panics, closed, refused, messages, dropped,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "starling_ws_outbox_bytes",
			Help: "Bytes that wait to be sent to browsers, in all sessions.",
		}, func() float64 { return float64(m.outbox.bytes.Load()) }))
	for e := left; e < endings; e++ {
		m.closed[e] = closed.WithLabelValues(endingNames[e])
	}
	for r := range refusals {
		m.refused[r] = refused.WithLabelValues(refusalNames[r])
	}
	for k := range inbounds {
		m.messages[k] = messages.WithLabelValues(inboundNames[k])
	}
	return m
}
