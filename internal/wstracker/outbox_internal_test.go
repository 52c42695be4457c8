package wstracker

import (
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"
	promtest "github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/starling-tracker/starling/internal/testutil"
)

func newOutbox(maxBytes int) *outbox {
	o := new(outbox)
	o.init(maxBytes, &newMetrics(prometheus.NewRegistry()).outbox)
	return o
}

// numbered returns a message of so many bytes that tells which it is.
func numbered(k kind, n byte, bytes int) *message {
	m := &message{kind: k, body: make([]byte, bytes-messageCost)}
	m.offerID[0] = n
	return m
}

// taken takes all that is in o, as a writer would, and returns the numbers.
func taken(o *outbox) (numbers []byte) {
	var b batch
	for o.take(&b, 1<<20) {
		for _, m := range b.messages {
			numbers = append(numbers, m.offerID[0])
		}
	}
	return numbers
}

func TestTheOldestOffersMakeRoom(t *testing.T) {
	o := newOutbox(10_000)
	for n, k := range []kind{answer, offer, reply, offer, answer, offer} {
		o.put(numbered(k, byte(n), 1_600))
	}
	o.put(numbered(offer, 6, 3_000))
	o.put(numbered(answer, 7, 500))
	if got, want := string(taken(o)), "\x00\x02\x04\x05\x06\x07"; got != want {
		t.Errorf("got %v, want %v", []byte(got), []byte(want))
	}
	if got := promtest.ToFloat64(o.count.offers); got != 2 {
		t.Errorf("got %v offers counted as dropped, want 2", got)
	}
	if got := o.count.bytes.Load(); got != 0 {
		t.Errorf("got %d bytes in an empty outbox, want 0", got)
	}
}

func TestAnswersAreDroppedWhenThereIsNoOfferToDrop(t *testing.T) {
	o := newOutbox(4_000)
	for n := range byte(3) {
		o.put(numbered(answer, n, 1_900))
	}
	o.put(numbered(offer, 3, 1_900))
	o.put(numbered(reply, 4, 3_000)) // whatever there is
	if got, want := string(taken(o)), "\x00\x01\x04"; got != want {
		t.Errorf("got %v, want %v", []byte(got), []byte(want))
	}
	if offers, answers := promtest.ToFloat64(o.count.offers), promtest.ToFloat64(o.count.answers); offers != 1 || answers != 1 {
		t.Errorf("got %v offers and %v answers counted as dropped, want 1 of each", offers, answers)
	}
}

func TestWhatIsTooLargeDropsItselfAlone(t *testing.T) {
	o := newOutbox(4_000)
	o.put(numbered(answer, 0, 1_000))
	o.put(numbered(offer, 1, 1_000))
	o.put(numbered(offer, 2, 3_001))  // would not fit if it were the only offer
	o.put(numbered(answer, 3, 3_001)) // nor would this
	o.put(numbered(offer, 4, 2_000))
	if got, want := string(taken(o)), "\x00\x01\x04"; got != want {
		t.Errorf("got %v, want %v", []byte(got), []byte(want))
	}
}

func TestOneWriterAtATimeIsStarted(t *testing.T) {
	o := newOutbox(10_000)
	if !o.put(numbered(offer, 0, 200)) {
		t.Error("got no writer for the first message, want one")
	}
	if o.put(numbered(offer, 1, 200)) || o.askPing() {
		t.Error("got a second writer, want one")
	}
	var b batch
	if !o.take(&b, 1) || len(b.messages) != 1 || !b.ping || b.messages[0].offerID[0] != 0 {
		t.Errorf("got %+v, want the first message and the ping", b)
	}
	if o.put(numbered(offer, 2, 200)) {
		t.Error("got a second writer, want one")
	}
	if got := string(taken(o)); got != "\x01\x02" {
		t.Errorf("got %v, want the rest in order", []byte(got))
	}
	if !o.askPing() {
		t.Error("got no writer after the first had nothing to do, want one")
	}
}

func TestWhatIsLeftIsTheLast(t *testing.T) {
	o := newOutbox(10_000)
	o.put(numbered(offer, 0, 200))
	o.finish()
	o.put(numbered(offer, 1, 200))
	var b batch
	if !o.take(&b, 1<<20) || !b.last || len(b.messages) != 1 {
		t.Errorf("got %+v, want the first message as the last", b)
	}
	o.end()
	if o.put(numbered(reply, 2, 200)) || o.take(&b, 1) || o.await() {
		t.Error("got more out of an outbox that has ended, want nothing")
	}
	if got := promtest.ToFloat64(o.count.late); got != 2 {
		t.Errorf("got %v messages counted as late, want 2", got)
	}
}

func TestTheReaderWaitsUntilItsRepliesAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(4_000)
		for n := range byte(3) {
			o.put(numbered(reply, n, 1_000))
		}
		waited := false
		go func() {
			waited = o.await()
		}()
		synctest.Wait()
		if waited {
			t.Error("got a reader that goes on with 3,000 bytes of replies unwritten, want it to wait")
		}
		var b batch
		o.take(&b, 1_500)
		synctest.Wait()
		if !waited {
			t.Error("got a reader that waits for 1,000 bytes, want it to go on")
		}
		for n := range byte(3) {
			o.put(numbered(reply, n, 1_000))
		}
		ended := make(chan bool)
		go func() { ended <- o.await() }()
		synctest.Wait()
		o.end()
		if <-ended {
			t.Error("got a reader that goes on after the end, want it to stop")
		}
	})
}

func TestALongQueueIsNotKept(t *testing.T) {
	o := newOutbox(1 << 20)
	for range 100 {
		o.put(numbered(offer, 0, 200))
	}
	taken(o)
	if cap(o.queue) > idleQueue {
		t.Errorf("got room for %d messages kept, want at most %d", cap(o.queue), idleQueue)
	}
}

func TestAnOutboxThatIsKeptEmptyAllocatesNothing(t *testing.T) {
	o := newOutbox(1 << 20)
	m, b := numbered(offer, 0, 200), new(batch)
	testutil.NoAllocs(t, "put and take", func() {
		o.put(m)
		o.take(b, 1<<20)
		o.take(b, 1<<20)
	})
}
