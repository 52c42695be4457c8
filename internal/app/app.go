// Package app makes a tracker of its parts: it translates the configuration into their options,
// starts them in the order they need each other, and stops them in the reverse one. It is the only
// package that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
// call: a listener never outlives its store. The operators' server goes last.
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
	listeners, listenersCtx, stopListeners := group(context.WithoutCancel(ctx), p.listeners)
	defer stopListeners()
	p.serve(ctx, listenersCtx, backendsCtx, drain)
	stopListeners()
	err := listeners.Wait()
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
func (p *parts) serve(ctx, listeners, backends context.Context, drain time.Duration) {
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
	if p.http != nil {
		for _, addr := range p.http.Addrs() {
			p.log.Info("listening", slog.String("proto", "http"), slog.String("addr", addr.String()))
			urls = append(urls, fmt.Sprintf("http://%s/announce", reachable(addr)))
		}
	}
	if p.udp != nil {
		for _, addr := range p.udp.Addrs() {
			p.log.Info("listening", slog.String("proto", "udp"), slog.String("addr", addr.String()))
			urls = append(urls, fmt.Sprintf("udp://%s/announce", reachable(addr)))
		}
	}
	if p.ops != nil {
		p.log.Info("listening", slog.String("proto", "ops"), slog.String("addr", p.ops.Addr().String()))
	}
	p.log.Info("announce to", slog.Any("urls", urls))
	if p.replica != nil {
		p.replica.SetAddrs(urls)
	}
}
