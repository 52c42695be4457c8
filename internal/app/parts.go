package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/httptracker"
	"github.com/starling-tracker/starling/internal/ops"
	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/replica"
	"github.com/starling-tracker/starling/internal/tracker"
	"github.com/starling-tracker/starling/internal/udptracker"
	"github.com/starling-tracker/starling/internal/wstracker"
)

// acceptGrace is a few round trips to the other side of the world.
const acceptGrace = 250 * time.Millisecond

// parts are a tracker. Those that the configuration turns off are nil.
type parts struct {
	log      *slog.Logger
	registry *prometheus.Registry // of all parts
	health   *ops.Health
	http     *httptracker.Frontend
	udp      *udptracker.Frontend
	ws       *wstracker.Frontend
	ops      *ops.Server
	redis    *redisconn.Conn  // nil when swarms are in memory, as is
	replica  *replica.Replica // the one of others

	listeners []runner // they call the services
	services  []runner // which stop after them, and call the backends
	backends  []runner // which stop last
}

// build makes the parts and opens their listeners. When one fails it leaves none open.
func build(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *parts, err error) {
	reg := newRegistry()
	p := &parts{log: log, registry: reg, health: new(ops.Health)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	store, err := p.openStorage(ctx, cfg, reg)
	if err != nil {
		return nil, err
	}
	service := tracker.New(store, reg, tracker.Options{
		Interval:       cfg.Tracker.Interval,
		MinInterval:    cfg.Tracker.MinInterval,
		IntervalJitter: cfg.Tracker.IntervalJitter,
		NumWant:        cfg.Tracker.NumWant,
		MaxNumWant:     cfg.Tracker.MaxNumWant,
	})
	if err := p.listenWS(ctx, cfg, service, store, reg); err != nil {
		return nil, err
	}
	if err := p.listenHTTP(ctx, cfg, service, reg); err != nil {
		return nil, err
	}
	if err := p.listenUDP(ctx, cfg.UDP, service, reg); err != nil {
		return nil, err
	}
	if cfg.Ops.Listen == "" {
		return p, nil
	}
	p.ops, err = ops.New(ctx, p.health, store, reg, log, ops.Options{Listen: cfg.Ops.Listen})
	if err != nil {
		return nil, err
	}
	p.backends = append(p.backends, p.ops)
	return p, nil
}

func (p *parts) listenHTTP(
	ctx context.Context, cfg config.Config, service *tracker.Tracker, reg prometheus.Registerer,
) (err error) {
	if len(cfg.HTTP.Listen) == 0 {
		return nil
	}
	var upgrade http.Handler
	if p.ws != nil && len(cfg.WS.Listen) == 0 {
		upgrade = p.ws
	}
	p.http, err = httptracker.New(ctx, service, p.log, reg, httptracker.Options{
		Listen:            cfg.HTTP.Listen,
		Upgrade:           upgrade,
		IdleTimeout:       cfg.HTTP.IdleTimeout,
		MaxConnections:    cfg.HTTP.MaxConnections,
		TrustIPParamFrom:  cfg.HTTP.TrustIPParamFrom,
		ClientIP:          clientip.Options{TrustedProxies: cfg.HTTP.TrustedProxies, Header: cfg.HTTP.ClientIPHeader},
		MinScrapeInterval: cfg.Tracker.MinInterval,
		AcceptGrace:       acceptGrace,
		ShutdownTimeout:   cfg.Shutdown.Timeout,
	})
	if err != nil {
		return err
	}
	p.listeners = append(p.listeners, p.http)
	return nil
}

func (p *parts) listenUDP(ctx context.Context, cfg config.UDP, service *tracker.Tracker, reg prometheus.Registerer) (err error) {
	if len(cfg.Listen) == 0 {
		return nil
	}
	p.udp, err = udptracker.New(ctx, service, p.log, reg, udptracker.Options{
		Listen:        cfg.Listen,
		Sockets:       cmp.Or(cfg.Sockets, runtime.GOMAXPROCS(0)),
		ReceiveBuffer: int(cfg.ReceiveBuffer),
		SendBuffer:    int(cfg.SendBuffer),
		MaxReply:      int(cfg.MaxReply),
		Secrets:       p.secrets(cfg),
	})
	if err != nil {
		return err
	}
	p.listeners = append(p.listeners, p.udp)
	return nil
}

// secrets returns those of the configured secret, or of all replicas, or some that nobody else knows.
func (p *parts) secrets(cfg config.UDP) udptracker.Secrets {
	switch {
	case cfg.Secret != "":
		return udptracker.DeriveSecrets([]byte(cfg.Secret))
	case p.replica != nil:
		return p.replica
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: crypto/rand ends the process instead
	return udptracker.DeriveSecrets(random)
}

// close closes what build opened.
func (p *parts) close() error {
	var errs []error
	for _, part := range slices.Concat(p.listeners, p.services, p.backends) {
		if c, ok := part.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	errs = append(errs, p.endStorage())
	return errors.Join(errs...)
}
