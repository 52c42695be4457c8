package memstore

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/swarm"
)

// register makes the gauges, which sum the shards when they are asked.
func (s *Store) register(reg prometheus.Registerer) {
	for f := range swarm.Family(swarm.Families) {
		s.gauge(reg, "starling_swarms", "Swarms that have members in the pool of this family.",
			prometheus.Labels{"family": f.String()}, func(held [swarm.Families]poolTotals) int { return held[f].swarms })
		const help = "Members of all swarms. Those that just fell silent are among them until swept."
		s.gauge(reg, "starling_peers", help, prometheus.Labels{"family": f.String(), "role": "seeder"},
			func(held [swarm.Families]poolTotals) int { return held[f].seeders })
		s.gauge(reg, "starling_peers", help, prometheus.Labels{"family": f.String(), "role": "leecher"},
			func(held [swarm.Families]poolTotals) int { return held[f].leechers })
	}
}

func (s *Store) gauge(
	reg prometheus.Registerer, name, help string, labels prometheus.Labels,
	value func([swarm.Families]poolTotals) int,
) {
	reg.MustRegister(prometheus.NewGaugeFunc(
		prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels},
		func() float64 {
			sum := 0
			for i := range s.shards {
				sum += value(s.shards[i].totals())
			}
			return float64(sum)
		}))
}

func (sh *shard) totals() [swarm.Families]poolTotals {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.held
}
