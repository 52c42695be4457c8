package load

import (
	"maps"
	"sync"
	"time"
)

// A wsTally is what all sockets of a load count together.
type wsTally struct {
	mu sync.Mutex // guards counts
	wsCounts
}

// wsCounts belong to one part of a load. What arrived, was answered or lost is of announces that are
// counted, too, since nothing is under way when a part begins.
type wsCounts struct {
	announces, replies             uint64
	offersSent, offers             uint64 // offers arrived at whom the tracker chose
	crossed                        uint64 // of those that arrived: at a socket of another target
	answersSent, answers           uint64 // answers arrived at who had offered
	repliesLost                    uint64
	offersLost                     uint64 // that arrived at nobody
	answersLost                    uint64 // to offers that arrived and that their receiver answered
	lateOnes                       uint64 // of all kinds, after they had been given up, or twice
	closedSockets                  uint64 // by the tracker
	errors                         map[string]uint64
	errorCount                     uint64
	replyLatency, roundTripLatency histogram
}

// problems are what the progress tells of.
func (t *wsCounts) problems() uint64 {
	return t.repliesLost + t.offersLost + t.answersLost + t.errorCount
}

func (t *wsTally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wsCounts = wsCounts{closedSockets: t.closedSockets}
}

// snapshot returns a copy.
func (t *wsTally) snapshot() wsCounts {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.wsCounts
	c.errors = make(map[string]uint64, len(t.errors))
	maps.Copy(c.errors, t.errors)
	return c
}

func (t *wsTally) sent(offers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.announces++
	t.offersSent += uint64(offers)
}

func (t *wsTally) replied(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.replies++
	t.replyLatency.add(took)
}

func (t *wsTally) arrived(crossed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.offers++
	if crossed {
		t.crossed++
	}
}

func (t *wsTally) answering() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answersSent++
}

func (t *wsTally) answered(roundTrip time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answers++
	t.roundTripLatency.add(roundTrip)
}

func (t *wsTally) late() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lateOnes++
}

// gaveUp counts what an announce still lacked.
func (t *wsTally) gaveUp(reply bool, offers, answers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if reply {
		t.repliesLost++
	}
	t.offersLost += uint64(offers)
	t.answersLost += uint64(answers)
}

// failed counts a failure by its text.
func (t *wsTally) failed(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.countError(text)
}

// closed counts a socket that can no longer be used.
func (t *wsTally) closed(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closedSockets++
	t.countError(text)
}

func (t *wsTally) countError(text string) {
	if t.errors == nil {
		t.errors = map[string]uint64{}
	}
	if _, known := t.errors[text]; !known && len(t.errors) >= maxTexts {
		text = "others"
	}
	t.errors[text]++
	t.errorCount++
}
