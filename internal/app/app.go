// Package app makes a tracker of its parts: it translates the configuration into their options,
// starts them in the order they need each other, and stops them in the reverse one. It is the only
// package that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"github.com/starling-tracker/starling/internal/config"
	"github.com/starling-tracker/starling/internal/ops"
)

// runner is a part: it returns when it has really stopped.
type runner interface {
	Run(ctx context.Context) error
}

// Run serves until ctx is done, and returns when everything has stopped: nil after an orderly end.
// An address that is taken is an error at once.
//
// The end has an order. First /readyz says so and HTTP replies ask for their connections to be
// closed, for the drain time. Then the listeners stop and finish what is in flight, then what they
// call, then what that calls: a listener never outlives its store, and who removes the browsers of
// closed connections neither. The operators' server goes last.
func Run(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	log = slog.New(newLimiter(log.Handler()))
	log.Info("starting", slog.String("version", Version().Version))
	p, err := build(ctx, cfg, log)
	if err != nil {
		return err
	}
	p.announceItself()
	warnOfFewFiles(cfg, log)
	return p.run(ctx, cfg.Shutdown.Drain)
}

// run runs the parts until ctx is done or one of them breaks, and stops them in order.
func (p *parts) run(ctx context.Context, drain time.Duration) error {
	backends, backendsCtx, stopBackends := group(context.WithoutCancel(ctx), p.backends)
	defer stopBackends()
	services, servicesCtx, stopServices := group(context.WithoutCancel(ctx), p.services)
	defer stopServices()
	listeners, listenersCtx, stopListeners := group(context.WithoutCancel(ctx), p.listeners)
	defer stopListeners()
	p.serve(ctx, listenersCtx, servicesCtx, backendsCtx, drain)
	stopListeners()
	err := listeners.Wait()
	stopServices()
	err = errors.Join(err, services.Wait())
	stopBackends()
	err = errors.Join(err, backends.Wait(), p.endStorage())
	if err == nil {
		p.log.Info("stopped")
	}
	return err
}

// serve returns when ctx is done and the process has drained, or at once when one of the parts broke,
// which ends its group. The process is ready when it has all that it needs; those who announce before
// are refused in a friendly way.
func (p *parts) serve(ctx, listeners, services, backends context.Context, drain time.Duration) {
	joined := p.joined()
	for {
		select {
		case <-joined:
			joined = nil // it is done with
			p.become(ops.Ready, daemon.SdNotifyReady)
			p.log.Info("ready")
		case <-ctx.Done():
			if joined != nil {
				drain = 0 // nobody was sent here
			}
			p.drain(listeners, drain)
			return
		case <-listeners.Done():
			return
		case <-services.Done():
			return
		case <-backends.Done():
			return
		}
	}
}

// group runs the parts until stop is called or one of them ends with an error, which ends its
// context too.
func group(ctx context.Context, parts []runner) (*errgroup.Group, context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	for _, part := range parts {
		g.Go(func() error { return part.Run(ctx) })
	}
	return g, ctx, stop
}

// become tells load balancers and systemd what the process is now.
func (p *parts) become(state ops.State, notice string) {
	p.health.Set(state)
	if _, err := daemon.SdNotify(false, notice); err != nil {
		p.log.Warn("systemd was not told", slog.Any("err", err))
	}
}

// drain keeps serving for d, so that load balancers and clients go elsewhere first. It ends early
// when the listeners do.
func (p *parts) drain(listeners context.Context, d time.Duration) {
	p.become(ops.Draining, daemon.SdNotifyStopping)
	if p.http != nil {
		p.http.Drain()
	}
	p.log.Info("draining", slog.Duration("duration", d))
	select {
	case <-time.After(d):
	case <-listeners.Done():
	}
}

// announceItself logs where the process listens, and the URLs that torrents need.
func (p *parts) announceItself() {
	var urls []string
	listening := func(proto string, addrs []netip.AddrPort) {
		for _, addr := range addrs {
			p.log.Info("listening", slog.String("proto", proto), slog.String("addr", addr.String()))
		}
	}
	announce := func(format string, addrs []netip.AddrPort) {
		for _, addr := range addrs {
			urls = append(urls, fmt.Sprintf(format, reachable(addr)))
		}
	}
	if p.http != nil {
		listening("http", p.http.Addrs())
		announce("http://%s/announce", p.http.Addrs())
	}
	if p.udp != nil {
		listening("udp", p.udp.Addrs())
		announce("udp://%s/announce", p.udp.Addrs())
	}
	if p.ws != nil {
		listening("ws", p.ws.Addrs())
		announce("ws://%s/announce", p.browserAddrs())
	}
	if p.ops != nil {
		listening("ops", []netip.AddrPort{p.ops.Addr()})
	}
	p.log.Info("announce to", slog.Any("urls", urls))
	if p.replica != nil {
		p.replica.SetAddrs(urls)
	}
}

// browserAddrs returns where browsers connect: to listeners of their own, or else to those of HTTP.
func (p *parts) browserAddrs() []netip.AddrPort {
	if own := p.ws.Addrs(); len(own) > 0 {
		return own
	}
	return p.http.Addrs()
}
