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

// maxFailures is how many reads may fail in a row before the socket counts as broken.
const maxFailures = 100

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

	now       time.Time // when the batch was read
	announces int       // answered, or refused, of the batch
	replies   []byte    // of the batch, one after the other
	announce  udpproto.AnnounceRequest
	peers     swarm.Peers
	hashes    []bittorrent.InfoHash
	stats     []swarm.Stats
}

func newSocket(f *Frontend, conn *net.UDPConn) *socket {
	return &socket{Frontend: f, conn: conn, replies: make([]byte, 0, batchSize*f.opts.MaxReply)}
}

func (s *socket) run(ctx context.Context) error {
	defer s.conn.Close() //nolint:errcheck // a socket has nothing to flush
	b, err := newBatch(s.conn)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() {
		_ = s.conn.SetReadDeadline(time.Now()) // ends the read that waits
	})
	defer stop()
	answering := context.WithoutCancel(ctx) // what was read is answered, whatever ends meanwhile
	for failures := 0; ; {
		n, err := b.read()
		switch {
		case err == nil:
			failures = 0
			s.answerBatch(answering, b, n)
		case ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded):
			s.finish(answering, b)
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
func (s *socket) finish(ctx context.Context, b *batch) {
	end := time.Now().Add(lastReads)
	for now := time.Now(); now.Before(end); now = time.Now() {
		_ = s.conn.SetReadDeadline(now.Add(lastRead))
		n, err := b.read()
		if err != nil {
			return
		}
		s.answerBatch(ctx, b, n)
	}
}

// answerBatch answers the n datagrams of b. All of them take as long as the batch does.
func (s *socket) answerBatch(ctx context.Context, b *batch, n int) {
	s.now = time.Now()
	s.announces = 0
	s.replies = s.replies[:0]
	for i := range n {
		packet, from := b.request(i)
		if reply := s.answer(ctx, packet, from); len(reply) > 0 {
			b.reply(i, reply)
		}
	}
	if failed := b.flush(); failed > 0 {
		s.metrics.dropped[dropWrite].Add(float64(failed))
	}
	if s.announces > 0 {
		s.tracker.Answered(swarm.UDP, s.announces, time.Since(s.now))
	}
}

// answer returns the reply to one datagram, which holds until the next batch, or nothing. A panic
// costs its sender the reply, and nobody else anything.
func (s *socket) answer(ctx context.Context, packet []byte, from netip.AddrPort) (reply []byte) {
	defer func() {
		if cause := recover(); cause != nil {
			s.metrics.drop(dropPanic)
			s.log.Error("panic while answering", slog.Any("cause", cause))
			reply = nil
		}
	}()
	free := s.replies[len(s.replies):]
	reply = s.handle(ctx, free, packet, from)
	s.replies = s.replies[:len(s.replies)+len(reply)]
	return reply
}
