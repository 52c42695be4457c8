package tracker

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An op is what a store is asked to do.
type op uint8

const (
	opAnnounce op = iota
	opScrape
	ops
)

var opNames = [ops]string{"announce", "scrape"}

// metrics holds every child resolved, so that an announce looks no label up.
type metrics struct {
	announces   [swarm.Protos][swarm.Families][bittorrent.Events]prometheus.Counter
	durations   *durations
	scrapes     [swarm.Protos]prometheus.Counter
	refusals    [swarm.Protos][swarm.Reasons]prometheus.Counter
	storeErrors [ops]prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	announces := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_announces_total",
		Help: "Announces accepted, by protocol, pool and event.",
	}, []string{"proto", "family", "event"})
	refusals := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_refusals_total",
		Help: "Requests that were answered with a refusal, by protocol and reason.",
	}, []string{"proto", "reason"})
	scrapes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_scrapes_total",
		Help: "Scrapes answered, whatever their number of swarms.",
	}, []string{"proto"})
	storeErrors := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_store_errors_total",
		Help: "Requests that failed because the store did.",
	}, []string{"op"})
	m := &metrics{durations: newDurations()}
	reg.MustRegister(announces, m.durations, scrapes, refusals, storeErrors)

	for p := range swarm.Proto(swarm.Protos) {
		m.scrapes[p] = scrapes.WithLabelValues(p.String())
		for r := range swarm.Reason(swarm.Reasons) {
			m.refusals[p][r] = refusals.WithLabelValues(p.String(), r.String())
		}
		for f := range swarm.Family(swarm.Families) {
			if (f == swarm.WebRTC) != (p == swarm.WebSocket) {
				continue // browsers announce over WebSocket alone, and nobody else does
			}
			for e := range bittorrent.Event(bittorrent.Events) {
				m.announces[p][f][e] = announces.WithLabelValues(p.String(), f.String(), e.String())
			}
		}
	}
	for o := range ops {
		m.storeErrors[o] = storeErrors.WithLabelValues(opNames[o])
	}
	return m
}
