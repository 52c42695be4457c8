// Package wstracker is the WebSocket frontend (WebTorrent): it turns the messages of browsers into
// swarm.Announce values, and replies, offers and answers into messages. It knows no store, no bus
// and no policy.
//
// A [Frontend] is an http.Handler for handshakes, on the listeners of the HTTP frontend or on its own.
// Each handshake becomes a session: a goroutine that waits for the next message, which a worker handles
// before the one after it is read, an outbox, and a writer that exists only while the outbox holds something. A session that cannot
// go on with its message does not read, so that its browser has to wait; what others send it
// meanwhile is bounded by the outbox. Who closes a socket costs a WebTorrent page minutes without
// any tracker, for all of its torrents. So whatever a message holds is answered with a failure, and
// only what cannot be mended ends a session.
//
// A session ends once: end closes the network connection, so that reading fails, and whoever reads then
// cleans up.
package wstracker

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/starling-tracker/starling/internal/clientip"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Tracker is what answers scrapes, and counts.
type Tracker interface {
	Scrape(
		ctx context.Context, proto swarm.Proto, scrapes int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
	) ([]swarm.Stats, error)
	Answered(proto swarm.Proto, announces int, took time.Duration)
	Refused(proto swarm.Proto, reason swarm.Reason)
}

// A Receiver is a session's end of what others send to its browsers. Neither method blocks. Both may
// keep the signal's SDP, but not the signal.
type Receiver interface {
	Offer(s *swarm.Signal)
	Answer(s *swarm.Signal)
}

// A Session is what a relay knows of a session's browsers. Its methods are called one at a time.
type Session interface {
	// Announce records what a says, and appends to out the offers paired with the browsers that are to
	// get them.
	Announce(ctx context.Context, a swarm.Announce, offers []swarm.Offered, out []swarm.Signal) (swarm.Reply, []swarm.Signal, error)
	// Send relays what Announce returned. What it relays is kept by others.
	Send(signals []swarm.Signal)
	// Answer relays an answer if From is one of the session's browsers in the swarm. The SDP is kept by
	// others.
	Answer(s swarm.Signal)
	// Seeder returns the role that the session last gave a browser, and false when it gave none.
	Seeder(h bittorrent.InfoHash, id bittorrent.PeerID) bool
	// Close removes the session's browsers from their swarms. Nothing is called after it.
	Close()
}

// Options configure a Frontend. All of them must be set, unless it says what zero means.
type Options struct {
	Listen            []string         // host:port each, beside the handler's other callers; none: no own
	Origins           []string         // patterns of the origins whose pages are served; none: any
	ClientIP          clientip.Options // how callers behind proxies are told
	Interval          time.Duration    // between announces; that of a session is up to 10 % more or less
	MinScrapeInterval time.Duration    // what scrapes are told to keep
	MaxMessage        int              // bytes of a browser's message
	MaxOffers         int              // of an announce, others are ignored
	MaxSessions       int              // at once; zero: no bound
	MaxSessionsOfIP   int              // at once, of an IPv4 address or an IPv6 network of 64 bits; zero: no bound
	Outbox            int              // bytes that may wait to be sent to a session
	Ping              time.Duration    // longest time between pings; a session's is 2/3 of it to all
	WriteTimeout      time.Duration    // how long what is sent to a browser may take to go out
	CloseOver         time.Duration    // over which time sessions are closed in the end
	ShutdownTimeout   time.Duration    // when those that are left are cut off, after the end was called
}

// A Frontend serves sessions.
type Frontend struct {
	tracker   Tracker
	relay     func(Receiver) Session
	log       *slog.Logger
	opts      Options
	metrics   *metrics
	callers   *clientip.Resolver
	sessions  *sessions
	pulse     *pulse
	workers   *workers
	listeners []net.Listener
}

// New opens the listeners. They are served once Run is called, whatever becomes of ctx. relay is
// called for each session.
func New(
	ctx context.Context, tracker Tracker, relay func(Receiver) Session, log *slog.Logger, reg prometheus.Registerer,
	opts Options,
) (*Frontend, error) {
	f := &Frontend{
		tracker:  tracker,
		relay:    relay,
		log:      log.With(slog.String("proto", swarm.WebSocket.String())),
		opts:     opts,
		metrics:  newMetrics(reg),
		callers:  clientip.New(opts.ClientIP),
		sessions: newSessions(opts.MaxSessions, opts.MaxSessionsOfIP),
		pulse:    newPulse(opts.Ping / maxPeriod),
	}
	f.workers = newWorkers()
	f.pulse.renew(context.WithoutCancel(ctx))
	if err := f.listen(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Addrs returns the addresses of the frontend's own listeners.
func (f *Frontend) Addrs() []netip.AddrPort {
	addrs := make([]netip.AddrPort, 0, len(f.listeners))
	for _, ln := range f.listeners {
		addr, _ := ln.Addr().(*net.TCPAddr) // that is what "tcp" listens with
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
