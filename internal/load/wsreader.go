package load

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A browserReader reads what a tracker sends to a browser. It belongs to one goroutine.
type browserReader struct {
	*browser
	frames  frameReader
	message wsproto.ServerMessage
	frame   []byte
	mask    *rand.Rand
}

// run reads until the socket is closed.
func (r *browserReader) run() {
	for {
		text, err := r.frames.next()
		if err == nil {
			err = r.handle(text)
		}
		if err != nil {
			r.fail(err)
			return
		}
	}
}

// pong answers a ping.
func (r *browserReader) pong(payload []byte) error {
	r.frame = append(beginFrame(r.frame[:0]), payload...)
	return r.write(endFrame(r.frame, opPong, r.mask.Uint32()))
}

// handle returns an error when the socket can no longer be used.
func (r *browserReader) handle(text []byte) error {
	now, m, t := time.Now(), &r.message, &r.crowd.tally
	if err := wsproto.ParseServer(text, m); err != nil {
		t.failed(err.Error())
		return nil
	}
	switch m.Kind {
	case wsproto.KindReply:
		r.replied(now)
	case wsproto.KindAnswer:
		r.answered(m.OfferID, now)
	case wsproto.KindOffer:
		return r.offered(m.PeerID, m.OfferID, m.InfoHash)
	case wsproto.KindFailure:
		t.failed(fmt.Sprintf("%.100q", m.Reason))
	default:
		t.failed("a message that nobody asked for")
	}
	return nil
}

// replied notes the reply to the announce under way.
func (b *browser) replied(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.current.open || b.current.replied {
		b.crowd.tally.late()
		return
	}
	b.current.replied = true
	b.crowd.tally.replied(now.Sub(b.current.since))
	b.settle()
}

// answered notes an answer to an offer of ours.
func (b *browser) answered(id bittorrent.OfferID, now time.Time) {
	whose, slot, ok := b.crowd.find(id)
	if !ok || whose != b {
		b.crowd.tally.failed("an answer to an offer that was not made")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := &b.slots[slot]; s.id != id || !s.waiting {
		b.crowd.tally.late()
		return
	}
	b.slots[slot].waiting = false
	b.current.waiting--
	b.crowd.tally.answered(now.Sub(b.current.since))
	b.settle()
}

// offered notes an offer at whoever made it, and answers it unless chance says no. Those of others than
// this crowd are answered, and not counted.
func (r *browserReader) offered(from bittorrent.PeerID, id bittorrent.OfferID, hash bittorrent.InfoHash) error {
	whose, slot, ok := r.crowd.find(id)
	switch {
	case !ok:
	case hash != r.hash || whose.hash != hash:
		r.crowd.tally.failed("an offer of another swarm")
		return nil
	case whose == r.browser || whose.id != from:
		r.crowd.tally.failed("an offer that is not of its sender")
		return nil
	default:
		whose.arrived(id, slot, r.target)
	}
	if !r.crowd.chosen(id) {
		return nil
	}
	if ok {
		r.crowd.tally.answering()
	}
	r.frame = r.appendAnswer(beginFrame(r.frame[:0]), from, id)
	return r.write(endFrame(r.frame, opText, r.mask.Uint32()))
}

// arrived notes that an offer has arrived at a socket of the given target.
func (b *browser) arrived(id bittorrent.OfferID, slot, target int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.slots[slot]
	if s.id != id || !s.waiting || s.arrived {
		b.crowd.tally.late()
		return
	}
	s.arrived = true
	b.crowd.tally.arrived(b.target != target)
	if !b.crowd.chosen(id) {
		s.waiting = false
		b.current.waiting--
		b.settle()
	}
}
