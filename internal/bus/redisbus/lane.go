package redisbus

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// batchSize is how many signals a pipeline carries at most. More in one gain nothing.
const batchSize = 128

// spareBytes is how large a queue's buffer may be to be kept when it is empty.
const spareBytes = 1 << 20

// A lane carries signals to Redis, one pipeline at a time. What queues up while one is under way goes with
// the next ones.
type lane struct {
	bus   *Bus
	woken chan struct{} // has a value when something may be queued

	mu      sync.Mutex // guards what follows
	waiting queue
	away    bool // Redis did not answer the last pipeline

	taken queue // the lane's own, with no need of mu
}

// A queue is messages one behind the other.
type queue struct {
	text     []byte
	messages []message
}

// A message is a signal on its way.
type message struct {
	partition *partition
	to        bittorrent.PeerID
	notice    bool // that nobody may need to hear
	end       int  // of its text, which begins where the one before ends
}

func newLane(b *Bus) *lane { return &lane{bus: b, woken: make(chan struct{}, 1)} }

func (l *lane) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// queue puts s behind the others, or drops it. The caller has the lock.
func (l *lane) queue(p *partition, s *swarm.Signal) {
	q, opts, dropped := &l.waiting, &l.bus.opts, &l.bus.metrics.dropped
	switch {
	case s.Kind == swarm.Gap:
		dropped[dropInvalid].Inc()
	case len(s.SDP) > opts.MaxSDP:
		dropped[dropTooLarge].Inc()
	case l.away:
		dropped[dropAway].Inc()
	case len(q.messages) >= opts.Queue || len(q.text)+sdpAt+len(s.SDP) > opts.QueueBytes:
		dropped[dropFull].Inc()
	default:
		q.text = appendMessage(q.text, s, l.bus.tag)
		q.messages = append(q.messages, message{p, s.To, s.Kind == swarm.Taking, len(q.text)})
	}
}

// take moves all that waits to l.taken.
func (l *lane) take() {
	q := queue{l.taken.text[:0], l.taken.messages[:0]}
	if cap(q.text) > spareBytes {
		q = queue{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken, l.waiting = l.waiting, q
}

// run sends signals until ctx is done, and then those that wait. What is published after that is dropped.
func (l *lane) run(ctx context.Context) {
	sending := context.WithoutCancel(ctx)
	for {
		done := false
		select {
		case <-l.woken:
		case <-ctx.Done():
			done = true
		}
		l.take()
		if p := l.sendAll(sending); p != nil && !done {
			l.awaitRedis(ctx, p)
		}
		if done {
			l.setAway(true)
			return
		}
	}
}

// sendAll sends what was taken, and returns a partition for which Redis did not answer, if there is one; the
// rest is dropped then.
func (l *lane) sendAll(ctx context.Context) (unanswered *partition) {
	start := 0
	left := l.taken.messages
	for some := range slices.Chunk(left, batchSize) {
		left = left[len(some):]
		if unanswered = l.send(ctx, start, some); unanswered != nil {
			l.bus.metrics.dropped[dropAway].Add(float64(len(left)))
			return unanswered
		}
		start = some[len(some)-1].end
	}
	return nil
}

// send sends one pipeline of messages, the text of which begins at start.
func (l *lane) send(ctx context.Context, start int, messages []message) (unanswered *partition) {
	ctx, cancel := context.WithTimeout(ctx, l.bus.opts.Deadline)
	defer cancel()
	pipe := l.bus.conn.Pipeline()
	sent := make([]once, 0, batchSize)
	for i := range messages {
		m := &messages[i]
		cmd := spublish(ctx, m.partition.channels+string(m.to[:]), l.taken.text[start:m.end])
		start = m.end
		sent = append(sent, cmd)
		_ = pipe.Process(ctx, cmd) // a pipeline only collects
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	var refused error
	metrics := l.bus.metrics
	for i, cmd := range sent {
		heard, err := cmd.Result()
		switch {
		case err == nil:
			metrics.published.Inc()
			if heard == 0 && !messages[i].notice {
				metrics.dropped[dropGone].Inc()
			}
			continue
		case cutOff(err):
			unanswered = messages[i].partition
		default:
			refused = err
		}
		metrics.dropped[dropAway].Inc()
	}
	if unanswered == nil {
		l.bus.note.sent(refused)
	}
	return unanswered
}

// A once is a command that is not sent again when nobody knows what became of it, which the client of a
// Cluster would do otherwise.
type once struct{ *redis.IntCmd }

// NoRetry implements redis.Cmder.
func (once) NoRetry() bool { return true }

// spublish returns a command that publishes text, which is answered with how many heard it.
func spublish(ctx context.Context, channel string, text []byte) once {
	return once{redis.NewIntCmd(ctx, "spublish", channel, text)}
}

// cutOff reports whether err is that Redis did not answer.
func cutOff(err error) bool {
	_, answer := errors.AsType[redis.Error](err)
	return err != nil && !answer
}
