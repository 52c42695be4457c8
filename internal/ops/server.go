// Package ops is the operators' HTTP server: metrics, health, profiles, and what is known of a
// swarm. It listens apart from the tracker, on a loopback address by default, since it asks nobody
// who they are.
package ops

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/starling-tracker/starling/internal/listen"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Inspector shows what a store knows.
type Inspector interface {
	// Detail returns what is known of a swarm, with at most limit peers a pool. Of an unknown swarm
	// that is its hash.
	Detail(ctx context.Context, h bittorrent.InfoHash, limit int) (swarm.Detail, error)
}

// Options configure a Server.
type Options struct {
	Listen string // host:port
}

const (
	requestTimeout = 10 * time.Second
	// replyTimeout has room for a profile of a minute.
	replyTimeout = 75 * time.Second
	// closeTimeout bounds how long an operator's request may hold up the end of the process.
	closeTimeout = time.Second
)

// A Server answers operators.
type Server struct {
	server   *http.Server
	listener net.Listener
}

// New opens the listener. It is served once Run is called, whatever becomes of ctx.
func New(
	ctx context.Context, health *Health, store Inspector, reg *prometheus.Registry, log *slog.Logger, opts Options,
) (*Server, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, listen.Network("tcp", opts.Listen), opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("ops.listen: %w", err)
	}
	return &Server{listener: ln, server: &http.Server{
		Handler:           handler(health, store, reg, log),
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      replyTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

func handler(health *Health, store Inspector, reg *prometheus.Registry, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{
		Registry: reg, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}))
	mux.HandleFunc("GET /livez", health.serveLive)
	mux.HandleFunc("GET /readyz", health.serveReady)
	mux.Handle("GET /swarms/{info_hash}", swarmHandler{store, log})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// Addr returns the address of the listener.
func (s *Server) Addr() netip.AddrPort {
	addr, _ := s.listener.Addr().(*net.TCPAddr)
	return addr.AddrPort()
}

// Close closes the listener of a server that never ran.
func (s *Server) Close() error { return s.listener.Close() }

// Run serves until ctx is done, or returns an error when the listener broke.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("ops: %w", err)
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // a profile is not worth waiting for
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("ops: %w", err)
	}
	return nil
}
