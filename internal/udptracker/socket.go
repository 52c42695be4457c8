package udptracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// maxRequest holds the largest request: an announce with BEP 41 options of a few long paths, or a
// scrape of 74 swarms. What a datagram has beyond it is cut off, which BEP 41 allows for.
const maxRequest = 2048

// maxFailures is how many reads may fail in a row before the socket counts as broken.
const maxFailures = 100

// maxCompact is the longest compact form of a peer.
const maxCompact = 18

// After the end was called a socket is read until nothing has come for lastRead, so that what waits
// in its buffer is answered however slow the answers are. Clients that go on sending are left after
// lastReads.
const (
	lastRead  = 20 * time.Millisecond
	lastReads = time.Second
)

// A socket is one UDP socket and the buffers of the loop that reads it.
type socket struct {
	*Frontend
	conn *net.UDPConn

	request  [maxRequest]byte
	reply    []byte
	announce udpproto.AnnounceRequest
	peers    []swarm.Peer
	hashes   []bittorrent.InfoHash
	stats    []swarm.Stats
}

func newSocket(f *Frontend, conn *net.UDPConn) *socket {
	return &socket{Frontend: f, conn: conn, reply: make([]byte, 0, f.opts.MaxReply+maxCompact)}
}

func (s *socket) run(ctx context.Context) error {
	defer s.conn.Close() //nolint:errcheck // a socket has nothing to flush
	stop := context.AfterFunc(ctx, func() {
		_ = s.conn.SetReadDeadline(time.Now()) // ends the read that waits
	})
	defer stop()
	answering := context.WithoutCancel(ctx) // what was read is answered, whatever ends meanwhile
	for failures := 0; ; {
		n, from, err := s.conn.ReadFromUDPAddrPort(s.request[:])
		switch {
		case err == nil:
			failures = 0
			s.answer(answering, s.request[:n], from)
		case ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded):
			s.finish(answering)
			return nil
		default:
			s.metrics.drop(dropRead)
			if failures++; failures == maxFailures {
				return fmt.Errorf("udp %v: %w", s.conn.LocalAddr(), err)
			}
		}
	}
}

// finish answers what has already arrived.
func (s *socket) finish(ctx context.Context) {
	end := time.Now().Add(lastReads)
	for now := time.Now(); now.Before(end); now = time.Now() {
		_ = s.conn.SetReadDeadline(now.Add(lastRead))
		n, from, err := s.conn.ReadFromUDPAddrPort(s.request[:])
		if err != nil {
			return
		}
		s.answer(ctx, s.request[:n], from)
	}
}

// answer handles one datagram. A panic costs its sender the reply, and nobody else anything.
func (s *socket) answer(ctx context.Context, packet []byte, from netip.AddrPort) {
	defer func() {
		if cause := recover(); cause != nil {
			s.metrics.drop(dropPanic)
			s.log.Error("panic while answering", slog.Any("cause", cause))
		}
	}()
	reply := s.handle(ctx, packet, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	if len(reply) == 0 {
		return
	}
	s.reply = reply[:0]
	if _, err := s.conn.WriteToUDPAddrPort(reply, from); err != nil {
		s.metrics.drop(dropWrite)
	}
}
