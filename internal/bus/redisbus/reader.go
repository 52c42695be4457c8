package redisbus

import (
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// read passes on what arrives until the connection is lost.
func (l *listener) read() error {
	begun := false
	for {
		got, err := l.pubsub.Receive(l.same)
		if err != nil {
			return err
		}
		switch m := got.(type) {
		case *redis.Message:
			if m.Channel == l.p.probe {
				l.heard.Store(true)
			} else {
				l.p.receive(m)
			}
		case *redis.Subscription:
			if !begun && m.Kind == "ssubscribe" && m.Channel == l.p.probe {
				begun = true
				close(l.began)
			} else if err := l.p.confirmed(m); err != nil {
				return err
			}
		}
	}
}

// receive delivers a message, unless it is this replica's own: what nobody here accepted nobody here is
// asked about again, and a Taking is for the others.
func (p *partition) receive(m *redis.Message) {
	if sentBy(p.bus.tag, m.Payload) {
		return
	}
	metrics := p.bus.metrics
	metrics.received.Inc()
	name, ok := strings.CutPrefix(m.Channel, p.channels)
	var s swarm.Signal
	if !ok || len(name) != len(s.To) || !parseMessage([]byte(m.Payload), p.bus.opts.MaxSDP, &s) {
		metrics.dropped[dropInvalid].Inc()
		return
	}
	s.To = bittorrent.PeerID([]byte(name))
	if deliver := p.subscriber(s.To); deliver != nil {
		deliver(&s)
	} else if s.Kind != swarm.Taking {
		metrics.dropped[dropGone].Inc()
	}
}
