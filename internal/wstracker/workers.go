package wstracker

import (
	"context"
	"io"
	"sync/atomic"
)

// maxIdleWorkers is how many workers wait for work.
const maxIdleWorkers = 64

// Workers handle messages. To handle one takes a stack that is several times as large as to wait for one,
// and Go hardly ever takes back what a stack has grown to. So a session's goroutine only waits, and when a
// message begins it hands the session to a worker and ends; the worker begins another one. With the stacks
// goes as much memory again, since the garbage collector lets garbage grow with them.
type workers struct {
	jobs chan job
	idle atomic.Int64
}

// A job is a session whose next message has begun, or that can read no more.
type job struct {
	session *session
	message io.Reader
	err     error
}

func newWorkers() *workers { return &workers{jobs: make(chan job)} }

// do has j done by a worker that waits, or a new one.
func (w *workers) do(j job) {
	select {
	case w.jobs <- j:
	default:
		go w.work(j)
	}
}

func (w *workers) work(j job) {
	for ok := true; ok; {
		j.session.work(j.message, j.err)
		if w.idle.Add(1) > maxIdleWorkers {
			w.idle.Add(-1)
			return
		}
		j, ok = <-w.jobs
		w.idle.Add(-1)
	}
}

// end ends the workers. There must be no sessions any more.
func (w *workers) end() { close(w.jobs) }

// wait waits for the next message, on a small stack.
func (s *session) wait() {
	defer func() {
		if s.recovered(recover()) {
			s.front.workers.do(job{session: s, err: errPanicked})
		}
	}()
	if !s.out.await() {
		s.front.workers.do(job{session: s, err: errEnded})
		return
	}
	_, r, err := s.ws.Reader(context.Background()) // a deadline would cost a timer; end ends it
	s.front.workers.do(job{s, r, err})
}

// work handles the message that has begun, and those behind it that are here already. When there are
// no more it cleans up.
func (s *session) work(r io.Reader, err error) {
	if err == nil {
		if err = s.handleAll(r); err == nil {
			go s.wait()
			return
		}
	}
	s.cleanUp(err)
}

// handleAll returns nil when the session has to wait for more.
func (s *session) handleAll(r io.Reader) (err error) {
	defer func() {
		if s.recovered(recover()) {
			err = errPanicked
		}
	}()
	for {
		if err := s.readMessage(r); err != nil {
			return err
		}
		if s.buffered.Buffered() == 0 {
			return nil
		}
		if !s.out.await() {
			return errEnded
		}
		if _, r, err = s.ws.Reader(context.Background()); err != nil {
			return err
		}
	}
}
