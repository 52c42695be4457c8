package load

import (
	"sync/atomic"
	"time"
)

// maxTexts bounds the different error texts that are told apart.
const maxTexts = 20

// A tally is what one client counts. It belongs to the client while it runs, but for done and
// problems, which the progress reads meanwhile.
type tally struct {
	sent      uint64
	answers   uint64 // to announces and scrapes, errors not among them
	announces uint64 // answered
	peers     uint64 // in the answers to announces
	bytes     uint64 // of all answers, without what the network adds
	lost      uint64
	late      uint64 // answers to what had been given up
	errors    map[string]uint64
	latency   histogram

	done, problems atomic.Int64
}

// answered counts the answer to an announce, of so many peers, or to a scrape.
func (t *tally) answered(scrape bool, peers, bytes int, took time.Duration) {
	t.answers++
	t.bytes += uint64(bytes)
	if !scrape {
		t.announces++
		t.peers += uint64(peers)
	}
	t.latency.add(took)
}

// failed counts an answer that is an error, or a request that could not be made.
func (t *tally) failed(text string) {
	if t.errors == nil {
		t.errors = map[string]uint64{}
	}
	if _, known := t.errors[text]; !known && len(t.errors) >= maxTexts {
		text = "others"
	}
	t.errors[text]++
	t.problems.Add(1)
}

func (t *tally) gaveUp() {
	t.lost++
	t.problems.Add(1)
}

func (t *tally) merge(other *tally) {
	t.sent += other.sent
	t.answers += other.answers
	t.announces += other.announces
	t.peers += other.peers
	t.bytes += other.bytes
	t.lost += other.lost
	t.late += other.late
	t.latency.merge(&other.latency)
	for text, n := range other.errors {
		if t.errors == nil {
			t.errors = map[string]uint64{}
		}
		t.errors[text] += n
	}
}
