package wstracker

import (
	"errors"
	"io"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// firstRead is what a message is given room for when it begins. The room grows with what has arrived, and
// not with what its sender says will come.
const firstRead = 4 << 10

// A work is what one message needs from its first byte to its reply. Sessions that wait for a message
// have none.
type work struct {
	in      []byte
	message wsproto.Message
	offers  []swarm.Offered
	signals []swarm.Signal
	stats   []swarm.Stats
	files   []wsproto.ScrapeFile
}

var works = sync.Pool{New: func() any { return new(work) }}

func borrow() *work {
	w, _ := works.Get().(*work)
	return w
}

// giveBack keeps w for another session. What it says must not be used any more.
func (w *work) giveBack() {
	clear(w.signals) // their SDPs are others' now
	if cap(w.in) <= maxKeptBuffer {
		works.Put(w)
	}
}

// read reads the whole of r.
func (w *work) read(r io.Reader) error {
	w.in = w.in[:0]
	for {
		if len(w.in) == cap(w.in) {
			w.in = append(make([]byte, 0, max(firstRead, 2*cap(w.in))), w.in...)
		}
		n, err := r.Read(w.in[len(w.in):cap(w.in)])
		w.in = w.in[:len(w.in)+n]
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
