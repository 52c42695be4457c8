package wstracker

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/pkg/wsproto"
)

// batchBytes is about how much one system call writes.
const batchBytes = 16 << 10

// maxKeptBuffer bounds the buffers that wait for others to use them: those of rare large messages go.
const maxKeptBuffer = 64 << 10

// A writing is what a writer needs while it writes.
type writing struct {
	batch    batch
	line     []byte // one message
	gathered []byte // frames
}

var writings = sync.Pool{New: func() any { return new(writing) }}

// write writes until the outbox is empty, and then the session has no writer any more.
func (s *session) write() {
	defer s.survive()
	w, _ := writings.Get().(*writing)
	for s.out.take(&w.batch, batchBytes) {
		if err := s.writeBatch(w); err != nil {
			switch {
			case tookTooLong(err):
				s.end(stuck)
			case errors.Is(err, net.ErrClosed): // the reader knows why, and perhaps waits for a close to be answered
				s.out.end()
			default:
				s.end(lost)
			}
		} else if w.batch.last {
			s.conn.interrupt() // the reader closes it
			s.out.end()        // after that, since a reader that waits goes on with the closing at once
		}
		clear(w.batch.messages)
	}
	if cap(w.line)+cap(w.gathered) <= 2*maxKeptBuffer {
		writings.Put(w)
	}
}

// writeBatch writes all of a batch in one go.
func (s *session) writeBatch(w *writing) (err error) {
	s.conn.gather(w.gathered[:0])
	for i := range w.batch.messages {
		w.line = w.batch.messages[i].append(w.line[:0], s.interval)
		if err = s.ws.Write(context.Background(), websocket.MessageText, w.line); err != nil {
			break // only what was gathered is left to write
		}
	}
	if w.batch.ping && err == nil {
		_, err = s.conn.Write(pingFrame)
	}
	var flushed error
	if w.gathered, flushed = s.conn.flush(); flushed != nil {
		return flushed
	}
	return err
}

// append appends the message's text.
func (m *message) append(dst []byte, interval uint32) []byte {
	switch m.kind {
	case reply:
		return wsproto.AppendReply(dst, m.hash, m.seeders, m.leechers, interval)
	case offer:
		return wsproto.AppendOffer(dst, m.hash, m.from, m.offerID, m.body)
	case answer:
		return wsproto.AppendAnswer(dst, m.hash, m.from, m.offerID, m.body)
	default:
		return append(dst, m.body...)
	}
}
