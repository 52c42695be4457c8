// Package udptracker is the UDP frontend (BEPs 15 and 41): it turns datagrams into swarm.Announce
// values and replies into datagrams. It knows no store and no policy, and keeps no state of a
// client: a connection ID proves by itself that its bearer receives what is sent to its address.
//
// A socket has one loop, which owns its buffers, reads what has come, answers it, and writes the
// replies before it reads on. Several sockets share an address; the kernel spreads clients over them.
// What cannot be understood is dropped in silence and counted; an error packet goes to those only
// who could be a client.
package udptracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// Tracker is what answers.
type Tracker interface {
	// AnnounceAll makes the calls, each with a reply or an error. It may take as long as the store does
	// when Waits says so, and no time to speak of otherwise.
	AnnounceAll(ctx context.Context, calls []swarm.Call)
	Waits() bool
	Answered(proto swarm.Proto, announces int, took time.Duration)
	Scrape(
		ctx context.Context, proto swarm.Proto, scrapes int, hashes []bittorrent.InfoHash, stats []swarm.Stats,
	) ([]swarm.Stats, error)
	Refused(proto swarm.Proto, reason swarm.Reason)
}

// Options configure a Frontend.
type Options struct {
	Listen        []string // host:port each; a host of its own, or none for all addresses
	Sockets       int      // for each address; zero: one
	ReceiveBuffer int      // bytes of a socket's buffer; zero: as the system has it
	SendBuffer    int      // likewise
	MaxReply      int      // bytes of a reply at most; the list of an announce or scrape is cut to fit
	Batches       int      // of a socket that wait for the tracker at a time, if it waits; zero: 1024
	Secrets       Secrets  // what connection IDs are made with
}

// A Frontend answers datagrams.
type Frontend struct {
	tracker Tracker
	log     *slog.Logger
	opts    Options
	metrics *metrics
	ids     *connectionIDs
	errors  *limiter
	addrs   []netip.AddrPort // one for each of Listen
	conns   []*net.UDPConn
}

// New opens the sockets. They are read once Run is called.
func New(
	ctx context.Context, tracker Tracker, log *slog.Logger, reg prometheus.Registerer, opts Options,
) (*Frontend, error) {
	f := &Frontend{
		tracker: tracker,
		log:     log.With(slog.String("proto", swarm.UDP.String())),
		opts:    opts,
		metrics: newMetrics(reg),
		ids:     newConnectionIDs(opts.Secrets),
		errors:  newLimiter(),
	}
	for _, address := range opts.Listen {
		if err := f.listen(ctx, address); err != nil {
			return nil, errors.Join(fmt.Errorf("udp.listen: %w", err), f.Close())
		}
	}
	return f, nil
}

// Addrs returns the addresses that are listened on, those of Options.Listen with their ports.
func (f *Frontend) Addrs() []netip.AddrPort { return slices.Clone(f.addrs) }

// Close closes the sockets of a frontend that never ran.
func (f *Frontend) Close() error {
	var errs []error
	for _, c := range f.conns {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Run answers until ctx is done, and then what has already arrived. It closes the sockets and
// returns an error when one of them broke.
func (f *Frontend) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range f.conns {
		g.Go(func() error { return newSocket(f, c).run(ctx) })
	}
	return g.Wait()
}
