package httptracker

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// What a client is told of when to try again: of a refusal that lasts, as late as it would announce
// anyway; of one that passes, soon, but not so soon that everybody is back at once.
const (
	refusedInterval = 30 * time.Minute
	passingInterval = 5 * time.Minute
)

func (f *Frontend) answerAnnounce(b *request, r *http.Request) []byte {
	q := &b.announce
	if err := q.Parse(r.URL.RawQuery); err != nil {
		return f.failParam(b, err)
	}
	if q.UnknownEvent {
		f.metrics.unknownEvents.Inc()
	}
	addr, ok := f.caller(r)
	if !ok {
		return f.fail(b, errors.New("the connection has no address"))
	}
	if q.IP.IsValid() && contains(f.opts.TrustIPParamFrom, addr) {
		addr = q.IP
	}
	peer := swarm.TCPPeer(netip.AddrPortFrom(addr, q.Port))
	began := time.Now()
	defer func() { f.tracker.Answered(swarm.HTTP, 1, time.Since(began)) }()
	b.peers.Reset()
	reply, err := f.tracker.Announce(r.Context(), swarm.Announce{
		InfoHash:  q.InfoHash,
		Peer:      peer,
		Event:     q.Event,
		Proto:     swarm.HTTP,
		Seeder:    q.Left == 0,
		AnyFamily: true,
		NumWant:   int(q.NumWant),
	}, &b.peers)
	if err != nil {
		return f.fail(b, err)
	}
	out := httpproto.AnnounceReply{
		Complete:    reply.Seeders,
		Incomplete:  reply.Leechers,
		ExternalIP:  addr,
		Interval:    seconds(reply.Interval),
		MinInterval: seconds(reply.MinInterval),
		Peers:       b.peers[swarm.IPv4],
	}
	if peers6 := b.peers[swarm.IPv6]; len(peers6) > 0 {
		out.Peers6 = peers6
	} else if peer.Family() == swarm.IPv6 {
		out.Peers6 = []byte{} // an empty list, where the key is expected
	}
	if q.Expanded {
		return out.AppendExpanded(b.body[:0])
	}
	return out.Append(b.body[:0])
}

func (f *Frontend) answerScrape(b *request, r *http.Request) []byte {
	hashes, err := httpproto.ParseScrape(b.hashes[:0], r.URL.RawQuery)
	b.hashes = hashes
	if err != nil {
		return f.failParam(b, err)
	}
	stats, err := f.tracker.Scrape(r.Context(), swarm.HTTP, 1, hashes, b.stats[:0])
	b.stats = stats
	if err != nil {
		return f.fail(b, err)
	}
	b.files = b.files[:0]
	for i, s := range stats {
		b.files = append(b.files, httpproto.ScrapeFile{
			InfoHash: hashes[i], Complete: s.Seeders, Downloaded: s.Completed, Incomplete: s.Leechers,
		})
	}
	return httpproto.AppendScrapeReply(b.body[:0], b.files, seconds(f.opts.MinScrapeInterval))
}

// failParam answers a request of which a parameter was wrong, and says which.
func (f *Frontend) failParam(b *request, err error) []byte {
	reason := swarm.InvalidRequest
	if wrong, ok := errors.AsType[*httpproto.ParamError](err); ok {
		switch wrong.Param {
		case "info_hash":
			reason = swarm.InvalidInfoHash
		case "peer_id":
			reason = swarm.InvalidPeerID
		case "port":
			reason = swarm.InvalidPort
		}
	}
	return f.refuse(b, reason, err.Error())
}

// fail answers a request that the tracker did not, and logs the cause when it is ours.
func (f *Frontend) fail(b *request, err error) []byte {
	reason := swarm.ReasonOf(err)
	if reason == swarm.Internal {
		f.log.Error("request failed", slog.Any("err", err))
	}
	return f.refuse(b, reason, reason.Sentence())
}

func (f *Frontend) refuse(b *request, reason swarm.Reason, text string) []byte {
	f.tracker.Refused(swarm.HTTP, reason)
	failure := httpproto.Failure{
		Reason: text, Interval: seconds(refusedInterval), MinInterval: seconds(refusedInterval),
	}
	if !reason.Permanent() {
		failure.Interval, failure.MinInterval = seconds(passingInterval), seconds(passingInterval)
		failure.RetryIn = uint32(passingInterval / time.Minute)
	}
	return failure.Append(b.body[:0])
}

func contains(networks []netip.Prefix, addr netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }
