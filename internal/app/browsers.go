package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/bus/localbus"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/relay"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/wstracker"
)

// listenWS makes what serves browsers: the relay and its frontend, which is to be made before that of HTTP,
// whose listeners it shares unless it has its own. There is none when nobody could reach it.
func (p *parts) listenWS(
	ctx context.Context, cfg config.Config, service *tracker.Tracker, leases tracker.Leases, reg prometheus.Registerer,
) (err error) {
	if !cfg.WS.Enabled || len(cfg.HTTP.Listen)+len(cfg.WS.Listen) == 0 {
		return nil
	}
	browsers := relay.New(service, leases, p.openBus(cfg.WS, reg), p.log, reg, relay.Options{
		Lease:    leaseOf(cfg),
		Lifetime: cfg.WS.Interval * 5 / 2,
		Now:      p.clock(),
	})
	p.services = append(p.services, browsers)
	open := func(r wstracker.Receiver) wstracker.Session { return browsers.Open(r) }
	p.ws, err = wstracker.New(ctx, service, open, p.log, reg, wstracker.Options{
		Listen:            cfg.WS.Listen,
		Origins:           cfg.WS.Origins,
		ClientIP:          clientip.Options{TrustedProxies: cfg.HTTP.TrustedProxies, Header: cfg.HTTP.ClientIPHeader},
		Interval:          cfg.WS.Interval,
		MinScrapeInterval: cfg.Tracker.MinInterval,
		MaxMessage:        int(cfg.WS.MaxMessage),
		MaxOffers:         cfg.WS.MaxOffers,
		MaxSessions:       cfg.WS.MaxSessions,
		MaxSessionsOfIP:   cfg.WS.MaxSessionsPerIP,
		Outbox:            int(cfg.WS.Outbox),
		Ping:              cfg.WS.Ping,
		WriteTimeout:      writeTimeout,
		CloseOver:         cfg.WS.CloseOver,
		ShutdownTimeout:   cfg.Shutdown.Timeout,
	})
	if err != nil {
		return err
	}
	p.listeners = append(p.listeners, p.ws)
	return nil
}

// writeTimeout is how long a browser may take to read what is sent to it.
const writeTimeout = 10 * time.Second

// openBus makes what carries signals, to other replicas too when there may be some.
func (p *parts) openBus(cfg config.WS, reg prometheus.Registerer) tracker.Bus {
	if p.redis == nil {
		return localbus.New()
	}
	bus := redisbus.New(p.redis, p.log, reg, redisbus.Options{
		Partitions: replica.Partitions,
		MaxSDP:     int(cfg.MaxMessage), // what a browser may send another one may get, wherever it is
	})
	p.backends = append(p.backends, bus)
	return bus
}

// clock returns the clock that replicas share, or nil when there is one replica.
func (p *parts) clock() func() time.Time {
	if p.redis == nil {
		return nil
	}
	return p.redis.Now
}
