package wstracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"github.com/starling-tracker/starling/internal/listen"
)

const (
	// handshakeTimeout bounds reading a handshake, and how long a connection may be idle that has not made
	// one.
	handshakeTimeout = 10 * time.Second
	// maxHandshake bounds the request line and headers together.
	maxHandshake = 16 << 10
	// spareConnections is how many connections of a listener may be refused at the same moment.
	spareConnections = 1024
)

func (f *Frontend) listen(ctx context.Context) error {
	config := net.ListenConfig{KeepAlive: -1} // sessions are pinged
	for _, address := range f.opts.Listen {
		ln, err := config.Listen(ctx, listen.Network("tcp", address), address)
		if err != nil {
			return fmt.Errorf("ws.listen: %w", err)
		}
		if f.opts.MaxSessions > 0 {
			ln = netutil.LimitListener(ln, f.opts.MaxSessions+spareConnections)
		}
		f.listeners = append(f.listeners, ln)
	}
	return nil
}

// Run serves until ctx is done, closes all sessions, and returns when the last is closed, or an error when
// a listener broke.
func (f *Frontend) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           f,
		ReadHeaderTimeout: handshakeTimeout,
		ReadTimeout:       handshakeTimeout,
		WriteTimeout:      handshakeTimeout,
		IdleTimeout:       handshakeTimeout,
		MaxHeaderBytes:    maxHandshake,
		ErrorLog:          slog.NewLogLogger(f.log.Handler(), slog.LevelDebug),
	}
	alive, stopPulse := context.WithCancel(context.WithoutCancel(ctx))
	pulse := make(chan struct{})
	go func() {
		defer close(pulse)
		f.pulse.run(alive)
	}()
	g, ctx := errgroup.WithContext(ctx)
	for _, ln := range f.listeners {
		g.Go(func() error {
			if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("ws %v: %w", ln.Addr(), err)
			}
			return nil
		})
	}
	g.Go(func() error {
		<-ctx.Done()
		_ = server.Close() // of the listeners, and of who has not made a handshake
		f.closeSessions()  //nolint:contextcheck // ctx is done
		return nil
	})
	err := g.Wait()
	stopPulse()
	<-pulse
	f.workers.end()
	return err
}

// closeSessions closes the sessions one after the other, since all of them will soon be opened on another
// replica, and signals are relayed until then. Those that do not end in time are cut off.
func (f *Frontend) closeSessions() {
	all := f.sessions.end()
	deadline := time.Now().Add(f.opts.ShutdownTimeout)
	if n := len(all); n > 0 {
		f.log.Info("closing sessions", slog.Int("sessions", n), slog.Duration("duration", f.opts.CloseOver))
		step := min(f.opts.CloseOver, f.opts.ShutdownTimeout) / time.Duration(n)
		next := time.NewTimer(0)
		defer next.Stop()
		for _, s := range all {
			<-next.C
			s.finish(shuttingDown)
			next.Reset(step)
		}
	}
	if f.sessions.awaitNone(time.Until(deadline)) {
		return
	}
	f.log.Warn("sessions that are still open are cut off", slog.Duration("duration", f.opts.ShutdownTimeout))
	for _, s := range f.sessions.end() {
		s.end(shuttingDown)
	}
	<-f.sessions.none
}
