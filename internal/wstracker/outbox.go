package wstracker

import (
	"sync"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// A kind is what a message to a browser is.
type kind uint8

const (
	reply  kind = iota // to an announce
	offer              // of another browser
	answer             // of another browser
	other              // a scrape's reply or a failure, which comes encoded
)

// A message is for a browser, and still to be encoded.
type message struct {
	kind              kind
	seeders, leechers uint32 // of a reply
	hash              bittorrent.InfoHash
	from              bittorrent.PeerID  // of an offer and an answer
	offerID           bittorrent.OfferID // of an offer and an answer
	body              []byte             // SDP, or the other message
}

// messageCost is about what a message occupies besides its body.
const messageCost = 128

// idleQueue is how many messages a queue has room for that is kept while it is empty.
const idleQueue = 4

func (m *message) cost() int { return messageCost + len(m.body) }

// own reports whether the message answers one of the browser's own, which the reader waits with, so that
// it need not be dropped.
func (m *message) own() bool { return m.kind == reply || m.kind == other }

// An outbox holds what a session has still to write, at most max bytes of it. It never blocks who puts
// something in: when the browser reads too slowly the oldest offer is dropped, since a fresh one is
// worth more than a stale one; then an answer that finds no room. Replies are never dropped: the
// reader, which causes them, waits until there are not too many of them.
//
// Who puts something in is told to start a writer when there is none. The writer takes until it
// is told that there is nothing.
type outbox struct {
	max   int
	count *outboxMetrics

	mu      sync.Mutex // guards the following
	room    sync.Cond  // of mu; when replies were taken, or all has ended
	queue   []message  // from head on
	head    int
	bytes   int // of all
	owed    int // bytes of replies
	offers  int // bytes of offers
	writing bool
	ping    bool
	last    bool // what is in it is all that is still to be written
	over    bool // nobody writes any more
}

func (o *outbox) init(maxBytes int, count *outboxMetrics) {
	o.max, o.count, o.room.L = maxBytes, count, &o.mu
}

// put adds m, or drops it or others.
func (o *outbox) put(m *message) (start bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over || o.last && !m.own() {
		o.count.late.Inc()
		return false
	}
	if m.kind == offer || m.kind == answer {
		if o.bytes-o.offers+m.cost() > o.max { // no offer is dropped for what finds no room all the same
			o.count.dropped(m.kind)
			return false
		}
		for oldest := o.head; o.bytes+m.cost() > o.max; {
			oldest = o.dropOffer(oldest)
		}
	}
	if o.head > 0 && len(o.queue) == cap(o.queue) { // rather than grow, use what was taken
		o.queue = o.queue[:copy(o.queue, o.queue[o.head:])]
		o.head = 0
	}
	o.queue = append(o.queue, *m)
	o.add(m, 1)
	return o.start()
}

// dropOffer drops the first offer from an index on, where there must be one, and returns the index where
// the next one may be.
func (o *outbox) dropOffer(from int) int {
	i := from
	for o.queue[i].kind != offer {
		i++
	}
	o.add(&o.queue[i], -1)
	o.count.dropped(offer)
	o.queue = append(o.queue[:i], o.queue[i+1:]...)
	o.queue[:len(o.queue)+1][len(o.queue)] = message{} // its body is nobody's any more
	return i
}

func (o *outbox) add(m *message, sign int) {
	o.bytes += sign * m.cost()
	o.count.bytes.Add(int64(sign * m.cost()))
	switch {
	case m.own():
		o.owed += sign * m.cost()
	case m.kind == offer:
		o.offers += sign * m.cost()
	}
}

// askPing has a ping written.
func (o *outbox) askPing() (start bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ping = true
	return o.start()
}

// finish lets the writer write what is in the outbox, and no more. From now on no signals are taken in.
func (o *outbox) finish() (start bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	return o.start()
}

// end drops all that is left. From now on nothing is taken in, and nobody waits.
func (o *outbox) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := o.head; i < len(o.queue); i++ {
		o.add(&o.queue[i], -1)
		o.count.late.Inc()
	}
	o.queue, o.head, o.over = nil, 0, true
	o.room.Broadcast()
}

func (o *outbox) start() bool {
	start := !o.writing && !o.over
	o.writing = o.writing || start
	return start
}

// await waits until the replies occupy no more than a part of the outbox, and returns false when it is
// over with.
func (o *outbox) await() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.owed > o.max/4 && !o.over {
		o.room.Wait()
	}
	return !o.over
}

// A batch is what a writer writes at once.
type batch struct {
	messages []message
	ping     bool
	last     bool // write no more then
}

// take moves messages of about size bytes to b, at least one if there is one. It returns false when there
// is nothing to do, and then the writer has stopped.
func (o *outbox) take(b *batch, size int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	*b = batch{messages: b.messages[:0]}
	if o.over {
		o.writing = false
		return false
	}
	for bytes := 0; o.head < len(o.queue) && bytes < size; o.head++ {
		m := &o.queue[o.head]
		bytes += m.cost()
		o.add(m, -1)
		b.messages = append(b.messages, *m)
		*m = message{}
	}
	if o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
		if cap(o.queue) > idleQueue {
			o.queue = nil
		}
		b.last = o.last
	}
	b.ping, o.ping = o.ping, false
	if o.owed <= o.max/4 {
		o.room.Broadcast()
	}
	o.writing = len(b.messages) > 0 || b.ping || b.last
	return o.writing
}
