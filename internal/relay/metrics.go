package relay

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
)

// A path is how a signal came to the session that it is for.
type path uint8

const (
	local  path = iota // from a session of this replica
	remote             // over the bus
	paths
)

var pathNames = [paths]string{"local", "remote"}

// A dropReason is why a signal reached nobody.
type dropReason uint8

const (
	dropUnasked     dropReason = iota // an answer to no offer of its session's, or to one too long ago
	dropNotOwner                      // an answer of a peer that is not its session's
	dropUnknownPeer                   // for a peer that is not, or no longer, in the swarm here
	dropPending                       // too many offers wait for answers, so an answer to the oldest is unasked
	dropReasons
)

var dropNames = [dropReasons]string{"unasked", "not_owner", "unknown_peer", "too_many_pending"}

// A result is what came of a renewal or a release.
type result uint8

const (
	done result = iota
	failed
	results
)

var resultNames = [results]string{"done", "failed"}

func resultOf(ok bool) result {
	if ok {
		return done
	}
	return failed
}

type metrics struct {
	signals         [swarm.SignalKinds][paths]prometheus.Counter // of offers and answers
	dropped         [dropReasons]prometheus.Counter
	renewals        [results]prometheus.Counter
	releases        [results]prometheus.Counter
	taken           prometheus.Counter
	gaps            prometheus.Counter
	alone           prometheus.Counter
	subscribeErrors prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, records *atomic.Int64) *metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		reg.MustRegister(c)
		return c
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	signals := vec("starling_signals_total",
		"Offers and answers delivered to browsers of this replica, by kind, and by whether they came from it too.", "kind", "path")
	dropped := vec("starling_signals_dropped_total", "Offers and answers that reached nobody, by reason.", "reason")
	renewals := vec("starling_webrtc_renewals_total", "Records of browsers written again, by result.", "result")
	releases := vec("starling_webrtc_releases_total", "Records of browsers removed, by result.", "result")
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "starling_webrtc_records", Help: "Browsers in swarms that sessions of this replica have.",
	}, func() float64 { return float64(records.Load()) }))
	m := &metrics{
		taken: counter("starling_webrtc_taken_total",
			"Records of browsers that sessions of other replicas took over."),
		gaps: counter("starling_webrtc_gaps_total",
			"Browsers to whom signals may have been missed."),
		alone: counter("starling_webrtc_alone_total",
			"Announces of browsers answered from this replica's sessions alone, since the store did not answer."),
		subscribeErrors: counter("starling_webrtc_subscribe_errors_total",
			"Subscriptions to the channels of browsers that did not stand at once."),
	}
	for k := range swarm.SignalKind(swarm.SignalKinds) {
		for p := range paths {
			if k == swarm.Offer || k == swarm.Answer {
				m.signals[k][p] = signals.WithLabelValues(k.String(), pathNames[p])
			}
		}
	}
	for d := range dropReasons {
		m.dropped[d] = dropped.WithLabelValues(dropNames[d])
	}
	for x := range results {
		m.renewals[x] = renewals.WithLabelValues(resultNames[x])
		m.releases[x] = releases.WithLabelValues(resultNames[x])
	}
	return m
}

func (m *metrics) drop(d dropReason) { m.dropped[d].Inc() }
