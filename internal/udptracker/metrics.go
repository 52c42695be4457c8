package udptracker

import "github.com/prometheus/client_golang/prometheus"

// A dropReason is why a datagram got no reply.
type dropReason uint8

const (
	dropShort        dropReason = iota // too short for what it says it is
	dropAction                         // an action that is none
	dropMagic                          // a connect without the protocol's ID
	dropPort                           // from port 0, where no reply can go
	dropConnectionID                   // a bad connection ID, and its source has had its error packets
	dropRead                           // the system could not deliver it
	dropWrite                          // the reply could not be sent
	dropPanic                          // our mistake
	dropBusy                           // too many wait for the store already
	dropReasons
)

var dropNames = [dropReasons]string{
	"short", "unknown_action", "wrong_magic", "source_port", "connection_id", "read", "write", "panic", "busy",
}

type metrics struct {
	connects prometheus.Counter
	badIDs   prometheus.Counter
	dropped  [dropReasons]prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	dropped := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "starling_udp_dropped_total",
		Help: "Datagrams that got no reply, by reason.",
	}, []string{"reason"})
	m := &metrics{
		connects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_udp_connects_total",
			Help: "Connection IDs issued.",
		}),
		badIDs: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "starling_udp_connection_id_errors_total",
			Help: "Error packets to requests whose connection ID was expired or never issued.",
		}),
	}
	reg.MustRegister(dropped, m.connects, m.badIDs)
	for r := range dropReasons {
		m.dropped[r] = dropped.WithLabelValues(dropNames[r])
	}
	return m
}

func (m *metrics) drop(r dropReason) { m.dropped[r].Inc() }
