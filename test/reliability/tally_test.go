package reliability_test

import (
	"sync"
	"time"
)

const (
	// deadline is how long Starling lets an announce wait for Redis.
	deadline = 500 * time.Millisecond
	// lateAfter leaves some time to a machine that is busy with all this.
	lateAfter = deadline + 250*time.Millisecond
	// tooLateAfter is for one that is busy with other tests, too.
	tooLateAfter = 2 * time.Second
	// giveUp is when a request counts as unanswered.
	giveUp = 3 * time.Second
)

// A verdict is what became of a request.
type verdict int

const (
	answered verdict = iota
	refused
	unanswered
	wrong // accepted, but with a reply that cannot be true; or refused without manners
	verdicts
)

// A tally counts what became of requests.
type tally struct {
	mu          sync.Mutex // guards what follows
	counts      [verdicts]int
	late        int // after lateAfter
	longest     time.Duration
	lastTrouble time.Time // when the last request was sent that was not answered
	complaints  []string  // the first of what was wrong, or unanswered
}

// maxComplaints are told; more say nothing new.
const maxComplaints = 10

// count counts a request that was sent at a time, and what there is to complain of, if anything.
func (t *tally) count(v verdict, sent time.Time, complaint string) {
	took := time.Since(sent)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[v]++
	if v != unanswered {
		t.longest = max(t.longest, took)
		if took > lateAfter {
			t.late++
		}
	}
	if v != answered && sent.After(t.lastTrouble) {
		t.lastTrouble = sent
	}
	if complaint != "" && len(t.complaints) < maxComplaints {
		t.complaints = append(t.complaints, complaint)
	}
}

// sent returns how many requests there were.
func (t *tally) sent() (n int) {
	for _, c := range t.counts {
		n += c
	}
	return n
}

// tooLate reports whether requests took longer than they may. For the table none may be late. Beside other
// tests the machine makes some of them late, and a mistake of ours would make many.
func (t *tally) tooLate() bool {
	if *printTable {
		return t.late > 0
	}
	return t.late > t.sent()/10 || t.longest > tooLateAfter
}

// recovery returns how long after a moment requests were still sent in vain.
func (t *tally) recovery(from time.Time) time.Duration { return max(0, t.lastTrouble.Sub(from)) }

// tried returns how many requests have had a verdict so far.
func (t *tally) tried(v verdict) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[v]
}
