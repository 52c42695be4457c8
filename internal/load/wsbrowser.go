package load

import (
	"bufio"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A browser is one socket, and one peer of one swarm. Its reader answers offers; whoever dispatches
// announces for it.
type browser struct {
	crowd  *crowd
	number int // in the crowd
	hash   bittorrent.InfoHash
	id     bittorrent.PeerID
	seeder bool
	target int
	conn   net.Conn // nil until it is open

	sending  sync.Mutex // guards writes of conn, since announces and answers come from two goroutines, and deadline
	deadline time.Time  // of writes

	mu      sync.Mutex // guards the rest; nobody who holds it takes another browser's
	closed  bool       // the tracker's doing
	current underway
	slots   []offerSlot
}

// An underway is an announce and what came back for it so far.
type underway struct {
	open    bool
	replied bool
	waiting int // offers whose answer may still come
	since   time.Time
}

// An offerSlot is an offer of the announce under way.
type offerSlot struct {
	id      bittorrent.OfferID
	waiting bool
	arrived bool // at whom the tracker chose
}

// What an announce is.
const (
	announceFirst  = false // the first, with the event started and without offers
	announceOffers = true
)

// An announcement is what it takes to write announces, one at a time.
type announcement struct {
	frame  []byte
	offers []wsproto.Offer
}

// begin has the socket read from now on.
func (b *browser) begin(conn net.Conn, in *bufio.Reader) {
	b.mu.Lock()
	b.conn = conn
	b.mu.Unlock()
	r := &browserReader{browser: b, frames: frameReader{in: in}, mask: newRand(b.crowd.opts.Seed, uint64(b.number)+2)}
	r.frames.pong = r.pong
	b.crowd.readers.Go(r.run)
}

func (b *browser) close() {
	if b.conn != nil {
		_ = b.conn.Close()
	}
}

// idle reports whether the socket can announce.
func (b *browser) idle() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.closed && !b.current.open
}

// announce sends an announce, which is under way then. It gives back the place that was taken for it
// when it ends, here or later.
func (b *browser) announce(a *announcement, offers bool) {
	c := b.crowd
	b.mu.Lock()
	b.current = underway{open: true, since: time.Now()}
	a.offers = a.offers[:0]
	if offers {
		b.current.waiting = len(b.slots)
		for i := range b.slots {
			b.slots[i] = offerSlot{id: c.offerID(b.number, i), waiting: true}
			a.offers = append(a.offers, wsproto.Offer{ID: b.slots[i].id, SDP: c.offer})
		}
	}
	b.mu.Unlock()
	c.tally.sent(len(a.offers))
	a.frame = b.appendAnnounce(beginFrame(a.frame[:0]), a.offers, !offers)
	if err := b.write(endFrame(a.frame, opText, c.rng.Uint32())); err != nil {
		b.fail(err)
	}
}

// write writes a frame, for at most the timeout or half of it, so that a tracker that reads nothing on one
// socket does not stop announces on all.
func (b *browser) write(frame []byte) error {
	b.sending.Lock()
	defer b.sending.Unlock()
	if now, timeout := time.Now(), b.crowd.opts.Timeout; b.deadline.Sub(now) < timeout/2 {
		b.deadline = now.Add(timeout)
		_ = b.conn.SetWriteDeadline(b.deadline)
	}
	_, err := b.conn.Write(frame)
	return err
}

// fail notes that the socket can no longer be used. What is under way on it comes to its end with the
// others that nobody answers.
func (b *browser) fail(err error) {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	b.mu.Unlock()
	if first && !b.crowd.closing.Load() {
		b.crowd.tally.closed(cause(err))
		_ = b.conn.Close()
	}
}

// end ends what is under way, for whatever reason. The caller holds mu.
func (b *browser) end() {
	b.current.open = false
	b.crowd.free <- struct{}{}
}

// settle ends what is under way if nothing more is awaited. The caller holds mu.
func (b *browser) settle() {
	if b.current.open && b.current.replied && b.current.waiting == 0 {
		b.end()
	}
}

// giveUp ends what has been under way for longer than the timeout, and counts what is missing.
func (b *browser) giveUp(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.current.open || now.Sub(b.current.since) < b.crowd.opts.Timeout {
		return
	}
	var offers, answers int
	for i := range b.slots {
		switch s := &b.slots[i]; {
		case !s.waiting:
		case s.arrived:
			answers++
		default:
			offers++
		}
		b.slots[i].waiting = false
	}
	b.crowd.tally.gaveUp(!b.current.replied, offers, answers)
	b.end()
}

// offerID returns a new ID that tells whose offer it is and which. It looks as random as browsers' do.
func (c *crowd) offerID(browser, slot int) (id bittorrent.OfferID) {
	binary.LittleEndian.PutUint64(id[4:], c.rng.Uint64())
	binary.LittleEndian.PutUint64(id[12:], c.rng.Uint64())
	binary.LittleEndian.PutUint32(id[0:], uint32(browser)^binary.LittleEndian.Uint32(c.pad[:]))
	binary.LittleEndian.PutUint16(id[4:], uint16(slot)^binary.LittleEndian.Uint16(c.pad[4:]))
	return id
}

// find returns whose offer it was that has the ID, and which, if it is one of this crowd's.
func (c *crowd) find(id bittorrent.OfferID) (b *browser, slot int, ok bool) {
	browser := int(binary.LittleEndian.Uint32(id[0:]) ^ binary.LittleEndian.Uint32(c.pad[:]))
	slot = int(binary.LittleEndian.Uint16(id[4:]) ^ binary.LittleEndian.Uint16(c.pad[4:]))
	if browser >= len(c.browsers) || slot >= c.opts.Offers {
		return nil, 0, false
	}
	return c.browsers[browser], slot, true
}

// chosen reports whether the receiver of an offer answers it, which its ID decides.
func (c *crowd) chosen(id bittorrent.OfferID) bool {
	const all = 1 << 32
	return float64(binary.LittleEndian.Uint32(id[16:])) < c.opts.Answers*all
}
