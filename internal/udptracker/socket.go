package udptracker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
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

// A socket is one UDP socket and those who answer what comes to it. Where the tracker answers at once
// that is the loop itself. Where it waits for others, each batch with a request for it is answered beside
// the loop, which goes on reading; so many may be answered at a time, and what comes when that many are
// is dropped, but for what needs no store. Who sends the next request before the last one was answered
// may have them carried out in another order.
type socket struct {
	*Frontend
	conn    *net.UDPConn
	free    chan *worker   // those that have nothing to do
	made    int            // workers, but for the first
	working sync.WaitGroup // for those that answer beside the loop
}

// defaultBatches is how many batches of a socket may wait for the tracker at a time.
const defaultBatches = 1024

// A worker is a batch and who answers it.
type worker struct {
	*answerer
	batch *batch
}

func newSocket(f *Frontend, conn *net.UDPConn) *socket {
	return &socket{Frontend: f, conn: conn, free: make(chan *worker, cmp.Or(f.opts.Batches, defaultBatches))}
}

func (s *socket) newWorker() (*worker, error) {
	b, err := newBatch(s.conn)
	if err != nil {
		return nil, err
	}
	return &worker{newAnswerer(s.Frontend, b.reply), b}, nil
}

func (s *socket) run(ctx context.Context) error {
	defer s.conn.Close() //nolint:errcheck // a socket has nothing to flush
	defer s.working.Wait()
	stop := context.AfterFunc(ctx, func() {
		_ = s.conn.SetReadDeadline(time.Now()) // ends the read that waits
	})
	defer stop()
	w, err := s.newWorker()
	if err != nil {
		return err
	}
	answering := context.WithoutCancel(ctx) // what was read is answered, whatever ends meanwhile
	for failures := 0; ; {
		n, err := w.batch.read()
		switch {
		case err == nil:
			failures = 0
			w = s.answer(answering, w, n)
		case ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded):
			s.finish(answering, w)
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
func (s *socket) finish(ctx context.Context, w *worker) {
	end := time.Now().Add(lastReads)
	for now := time.Now(); now.Before(end); now = time.Now() {
		_ = s.conn.SetReadDeadline(now.Add(lastRead))
		n, err := w.batch.read()
		if err != nil {
			return
		}
		w = s.answer(ctx, w, n)
	}
}

// answer sees to the n datagrams that w has read, and returns who reads the next ones.
func (s *socket) answer(ctx context.Context, w *worker, n int) *worker {
	w.begin()
	for i := range n {
		packet, from := w.batch.request(i)
		w.first(i, packet, from)
	}
	switch {
	case w.pending() == 0:
		w.flush()
	case !s.tracker.Waits():
		w.announces(ctx)
		w.scrapeAll(ctx)
		w.flush()
	default:
		w.flush()
		next := s.nextWorker()
		if next == nil {
			s.metrics.dropped[dropBusy].Add(float64(w.pending()))
			return w
		}
		s.working.Go(func() {
			w.announces(ctx)
			w.flush()
			w.scrapeAll(ctx)
			w.flush()
			s.free <- w // there is room: one of them is always the loop's
		})
		return next
	}
	return w
}

// nextWorker returns one that has nothing to do, or nil when there are too many that have.
func (s *socket) nextWorker() *worker {
	select {
	case w := <-s.free:
		return w
	default:
	}
	if s.made >= cap(s.free) {
		return nil
	}
	w, err := s.newWorker()
	if err != nil {
		return nil // the socket is closed, and reading says so
	}
	s.made++
	return w
}

// flush sends the replies of w.
func (w *worker) flush() {
	if failed := w.batch.flush(); failed > 0 {
		w.metrics.dropped[dropWrite].Add(float64(failed))
	}
}
