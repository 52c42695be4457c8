package load

import (
	"bufio"
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A sink is a connection that takes all.
type sink struct{ net.Conn }

func (sink) Write(b []byte) (int, error)      { return len(b), nil }
func (sink) SetWriteDeadline(time.Time) error { return nil }

// pair is a crowd of two browsers of one swarm, without a tracker between them.
func pair(t testing.TB) (c *crowd, a, b *browserReader) {
	t.Helper()
	c, err := newCrowd(WebSocketOptions{
		Sockets: 2, Swarms: 1, Offers: 1, SDPBytes: 750, Answers: 1, Window: 2, Timeout: time.Hour, Seed: 1,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	c.free = make(chan struct{}, 2)
	reader := func(b *browser) *browserReader {
		b.conn = sink{}
		return &browserReader{browser: b, mask: newRand(1, uint64(b.number))}
	}
	return c, reader(c.browsers[0]), reader(c.browsers[1])
}

func TestAnAnnounceWithAnAnsweredOfferDoesNotAllocate(t *testing.T) {
	c, a, b := pair(t)
	var text, wire []byte
	source := bytes.NewReader(nil)
	in := bufio.NewReaderSize(source, readBuffer)
	relay := func(to *browserReader, text []byte) {
		wire = append(append(wire[:0], 0x81, 126, byte(len(text)>>8), byte(len(text))), text...)
		if len(text) < 126 {
			t.Fatalf("got a message of %d bytes, want more", len(text))
		}
		source.Reset(wire)
		in.Reset(source)
		to.frames.in, to.frames.held = in, 0
		message, err := to.frames.next()
		if err != nil {
			t.Fatal(err)
		}
		if err := to.handle(message); err != nil {
			t.Fatal(err)
		}
	}
	testutil.NoAllocs(t, "an announce, its reply, its offer and the answer", func() {
		a.announce(&c.dispatch, announceOffers)
		id := a.slots[0].id
		text = wsproto.AppendReply(text[:0], a.hash, 1, 1, 4_000_000_000)
		relay(a, text)
		text = wsproto.AppendOffer(text[:0], a.hash, a.id, id, c.offer)
		relay(b, text)
		text = wsproto.AppendAnswer(text[:0], a.hash, b.id, id, c.answer)
		relay(a, text)
		<-c.free
	})
	if got := c.tally.snapshot(); got.answers == 0 || got.answers != got.announces || got.lateOnes != 0 || len(got.errors) != 0 {
		t.Errorf("got %d announces and %d answers, %d late, errors %v, want as many and nothing else",
			got.announces, got.answers, got.lateOnes, got.errors)
	}
}

func TestOffersAreOfTheirSenderAndItsSwarm(t *testing.T) {
	c, a, b := pair(t)
	a.announce(&c.dispatch, announceOffers)
	id := a.slots[0].id
	for want, bad := range map[string]func() error{
		"an offer of another swarm":          func() error { return b.offered(a.browser.id, id, InfoHashes(2, 1)[1]) },
		"an offer that is not of its sender": func() error { return b.offered(b.browser.id, id, a.hash) },
		"an answer to an offer that was not made": func() error {
			b.browser.answered(id, time.Now())
			return nil
		},
	} {
		c.tally.reset()
		if err := bad(); err != nil || c.tally.errors[want] != 1 || c.tally.offers+c.tally.answers != 0 {
			t.Errorf("got %v, errors %v, want %q", err, c.tally.errors, want)
		}
	}
}

func TestWhatComesTwiceOrTooLateIsCountedAsThat(t *testing.T) {
	c, a, b := pair(t)
	c.opts.Timeout = time.Second
	a.announce(&c.dispatch, announceOffers)
	id := a.slots[0].id
	now := time.Now()
	for range 2 {
		a.replied(now)
		if err := b.offered(a.browser.id, id, a.hash); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.tally.snapshot(); got.offers != 1 || got.replies != 1 || got.lateOnes != 2 {
		t.Errorf("twice: got %d replies, %d offers, %d late, want 1, 1, 2", got.replies, got.offers, got.lateOnes)
	}
	a.giveUp(now.Add(2 * time.Second))
	a.browser.answered(id, now)
	if got := c.tally.snapshot(); got.answersLost != 1 || got.answers != 0 || got.lateOnes != 3 {
		t.Errorf("late: got %d answers lost, %d arrived, %d late, want 1, 0, 3", got.answersLost, got.answers, got.lateOnes)
	}
}

func TestOffersOfOthersThanThisLoadAreAnsweredAndNotCounted(t *testing.T) {
	c, a, b := pair(t)
	id := c.offerID(7, 0) // of a browser that this crowd has not
	if err := b.offered(a.browser.id, id, a.hash); err != nil {
		t.Fatal(err)
	}
	if got := c.tally.snapshot(); len(b.frame) == 0 || got.offers+got.answersSent != 0 || len(got.errors) != 0 {
		t.Errorf("got an answer of %d bytes and counted %d offers, %d answers, errors %v, want an answer and none",
			len(b.frame), got.offers, got.answersSent, got.errors)
	}
}

func BenchmarkBrowserAnnounce(b *testing.B) {
	c, one, _ := pair(b)
	b.ReportAllocs()
	for b.Loop() {
		one.announce(&c.dispatch, announceOffers)
	}
}
