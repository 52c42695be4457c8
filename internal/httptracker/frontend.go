// Package httptracker is the HTTP frontend (BEPs 3, 7, 23, 24, 31 and 48): it turns requests into
// swarm.Announce values and replies into bencoded bodies. It knows no store and no policy.
//
// Whatever is wrong with an announce or a scrape, the answer is 200 with a failure reason, since
// clients show that text and read nothing of other answers. Only what is no such request at all
// gets a status of HTTP.
package httptracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/listen"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Tracker is what answers.
type Tracker interface {
	Announce(ctx context.Context, a swarm.Announce, peers *swarm.Peers) (swarm.Reply, error)
	Answered(proto swarm.Proto, announces int, took time.Duration)
	Scrape(
		ctx context.Context, proto swarm.Proto, scrapes int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
	) ([]swarm.Stats, error)
	Refused(proto swarm.Proto, reason swarm.Reason)
}

// Options configure a Frontend.
type Options struct {
	Listen            []string         // host:port each; a host of its own, or none for all addresses
	IdleTimeout       time.Duration    // how long a connection may wait for its next request
	MaxConnections    int              // of each listener, others wait in the kernel; zero: no bound
	TrustIPParamFrom  []netip.Prefix   // callers whose ip, ipv4 and ipv6 parameters are believed
	ClientIP          clientip.Options // how callers behind proxies are told
	MinScrapeInterval time.Duration    // what scrapes are told to keep
	// Upgrade takes the requests that ask for a WebSocket, whatever their path and query. Nil: they are
	// answered as if they did not ask.
	Upgrade http.Handler
	// AcceptGrace is how long connections that are being opened when the end is called are waited for.
	AcceptGrace     time.Duration
	ShutdownTimeout time.Duration // how long requests in flight may take after that
}

const (
	// requestTimeout bounds reading a request, and writing its reply.
	requestTimeout = 10 * time.Second
	// maxRequestHead bounds the request line and headers together; a scrape of 80 swarms fits.
	maxRequestHead = 16 << 10
	// acceptSlack is how much longer than AcceptGrace the accepting may take on a busy machine.
	acceptSlack = time.Second
	// headSlop is what net/http reads beyond its MaxHeaderBytes.
	headSlop = 4 << 10
)

// A Frontend answers requests.
type Frontend struct {
	tracker   Tracker
	log       *slog.Logger
	opts      Options
	metrics   *metrics
	callers   *clientip.Resolver
	server    *http.Server
	listeners []*listener
	accepting sync.WaitGroup // the listeners that are served
	draining  atomic.Bool
}

// New opens the listeners. They are served once Run is called, whatever becomes of ctx.
func New(
	ctx context.Context, tracker Tracker, log *slog.Logger, reg prometheus.Registerer, opts Options,
) (*Frontend, error) {
	f := &Frontend{
		tracker: tracker,
		log:     log.With(slog.String("proto", swarm.HTTP.String())),
		opts:    opts,
		metrics: newMetrics(reg),
		callers: clientip.New(opts.ClientIP),
	}
	f.server = &http.Server{
		Handler:           f,
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       opts.IdleTimeout,
		MaxHeaderBytes:    maxRequestHead - headSlop,
		ConnState:         f.connState,
		ErrorLog:          slog.NewLogLogger(f.log.Handler(), slog.LevelDebug),
	}
	// Idle connections are closed by IdleTimeout, so probes would only cost.
	config := net.ListenConfig{KeepAlive: -1}
	config.SetMultipathTCP(false) // such sockets take no filter; see refuseHandshakes
	for _, address := range opts.Listen {
		ln, err := config.Listen(ctx, listen.Network("tcp", address), address)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("http.listen: %w", err), f.Close())
		}
		tcp, _ := ln.(*net.TCPListener) // that is what "tcp" listens with
		awaitRequests(tcp)
		f.listeners = append(f.listeners, &listener{TCPListener: tcp})
	}
	return f, nil
}

// Addrs returns the addresses of the listeners.
func (f *Frontend) Addrs() []netip.AddrPort {
	addrs := make([]netip.AddrPort, 0, len(f.listeners))
	for _, ln := range f.listeners {
		addr, _ := ln.Addr().(*net.TCPAddr)
		addrs = append(addrs, addr.AddrPort())
	}
	return addrs
}

// Close closes the listeners of a frontend that never ran.
func (f *Frontend) Close() error {
	var errs []error
	for _, ln := range f.listeners {
		errs = append(errs, ln.Close())
	}
	return errors.Join(errs...)
}

// Drain makes every reply from now on ask for its connection to be closed, so that clients come
// back to another replica.
func (f *Frontend) Drain() { f.draining.Store(true) }

// Run serves until ctx is done, finishes the requests in flight, and returns when the last is
// done, or an error when a listener broke.
func (f *Frontend) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, ln := range f.listeners {
		f.accepting.Add(1)
		g.Go(func() error {
			defer f.accepting.Done()
			return f.serve(ln)
		})
	}
	g.Go(func() error {
		<-ctx.Done()
		f.shutdown(context.WithoutCancel(ctx))
		return nil
	})
	return g.Wait()
}

// serve accepts until ln ends, and closes it.
func (f *Frontend) serve(ln *listener) error {
	accepting := net.Listener(ln)
	if f.opts.MaxConnections > 0 {
		accepting = bound(ln, f.opts.MaxConnections)
	}
	if err := f.server.Serve(accepting); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("http %v: %w", ln.Addr(), err)
	}
	return nil
}

// shutdown ends the listeners and waits for the requests in flight. Those that take too long are cut
// off: one slow client must not make every stop look like a failure.
func (f *Frontend) shutdown(ctx context.Context) {
	f.Drain()
	for _, ln := range f.listeners {
		ln.end(f.opts.AcceptGrace)
	}
	ctx, cancel := context.WithTimeout(ctx, f.opts.AcceptGrace+f.opts.ShutdownTimeout)
	defer cancel()
	f.awaitListeners(ctx)
	if f.server.Shutdown(ctx) != nil {
		f.log.Warn("requests still in flight are cut off", slog.Duration("duration", f.opts.ShutdownTimeout))
		_ = f.server.Close() // its listeners are closed already
	}
}

// awaitListeners waits until all that came has been accepted, but no longer than a look at the queue
// takes: where MaxConnections are open, those in the queue would wait for them to close.
func (f *Frontend) awaitListeners(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, f.opts.AcceptGrace+acceptSlack)
	defer cancel()
	accepted := make(chan struct{})
	go func() {
		f.accepting.Wait()
		close(accepted)
	}()
	select {
	case <-accepted:
	case <-ctx.Done():
	}
}
