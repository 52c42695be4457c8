package udptracker

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// An answerer answers a batch in two steps: at once what needs no store, and then the announces, all
// of them together, and the scrapes. It owns what both need, and belongs to one goroutine at a time.
type answerer struct {
	*Frontend
	send func(i int, reply []byte) // queues the reply to the i-th datagram; it holds until the next batch

	now      time.Time // when the batch was read
	replies  []byte    // of the batch, one after the other
	announce udpproto.AnnounceRequest
	calls    []swarm.Call // of announces
	callers  []caller     // of calls, in their order
	scrapes  []scrape
	hashes   []bittorrent.InfoHash
	stats    []swarm.Stats
}

// A caller is whose announce a call is.
type caller struct {
	datagram      int
	transactionID uint32
}

// A scrape is one that is to be answered.
type scrape struct {
	datagram int
	header   udpproto.Header
	packet   []byte
	swarms   int // of those that it names as many as the reply holds
}

func newAnswerer(f *Frontend, send func(i int, reply []byte)) *answerer {
	return &answerer{Frontend: f, send: send, replies: make([]byte, 0, batchSize*f.opts.MaxReply)}
}

// begin forgets the last batch.
func (a *answerer) begin() {
	a.now = time.Now()
	a.replies = a.replies[:0]
	a.calls, a.callers, a.scrapes = a.calls[:0], a.callers[:0], a.scrapes[:0]
}

// first answers the i-th datagram when that needs no store, and otherwise keeps it for later. A panic
// costs its sender the reply, and nobody else anything.
func (a *answerer) first(i int, packet []byte, from netip.AddrPort) {
	defer a.recovered(1)
	a.reply(i, a.handle(a.replies[len(a.replies):], i, packet, from))
}

// pending returns how many requests need the store.
func (a *answerer) pending() int { return len(a.calls) + len(a.scrapes) }

// announces answers those that were kept. A panic costs the batch those that had no answer yet.
func (a *answerer) announces(ctx context.Context) {
	if len(a.calls) == 0 {
		return
	}
	defer a.recovered(len(a.calls))
	a.tracker.AnnounceAll(ctx, a.calls)
	for k := range a.calls {
		a.reply(a.callers[k].datagram, a.appendAnnounce(a.replies[len(a.replies):], a.callers[k].transactionID, &a.calls[k]))
	}
	a.tracker.Answered(swarm.UDP, len(a.calls), time.Since(a.now))
}

// scrapeAll answers the scrapes that were kept, with one question to the store. A panic costs the batch
// those that had no answer yet.
func (a *answerer) scrapeAll(ctx context.Context) {
	if len(a.scrapes) == 0 {
		return
	}
	defer a.recovered(len(a.scrapes))
	a.hashes = a.hashes[:0]
	most := (a.opts.MaxReply - udpproto.ScrapeReplyLen) / udpproto.ScrapeEntryLen
	for i := range a.scrapes {
		s, before := &a.scrapes[i], len(a.hashes)
		a.hashes = udpproto.AppendScrapeHashes(a.hashes, s.packet)
		a.hashes = a.hashes[:min(len(a.hashes), before+most)]
		s.swarms = len(a.hashes) - before
	}
	stats, err := a.tracker.Scrape(ctx, swarm.UDP, len(a.scrapes), a.hashes, a.stats[:0])
	a.stats = stats
	for _, s := range a.scrapes {
		var own []swarm.Stats
		if err == nil {
			own, stats = stats[:s.swarms], stats[s.swarms:]
		}
		a.reply(s.datagram, a.appendScrape(a.replies[len(a.replies):], s.header.TransactionID, own, err))
	}
}

// reply sends what was appended behind the replies so far, if anything.
func (a *answerer) reply(i int, reply []byte) {
	if len(reply) > 0 {
		a.replies = a.replies[:len(a.replies)+len(reply)]
		a.send(i, reply)
	}
}

// recovered ends a panic that cost so many replies.
func (a *answerer) recovered(replies int) {
	if cause := recover(); cause != nil {
		a.metrics.dropped[dropPanic].Add(float64(replies))
		a.log.Error("panic while answering", slog.Any("cause", cause))
	}
}
