package wstracker

import (
	"bytes"
	"errors"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// handle handles the message in w.
func (s *session) handle(w *work) error {
	m := &w.message
	m.MaxOffers = s.front.opts.MaxOffers
	if err := wsproto.Parse(w.in, m); err != nil {
		what, _ := errors.AsType[wsproto.Error](err) // all of Parse's are
		return s.refuseMessage(m, what)
	}
	s.malformed = 0
	switch m.Kind {
	case wsproto.KindAnnounce:
		s.front.metrics.messages[gotAnnounce].Inc()
		s.announce(w)
	case wsproto.KindAnswer:
		s.front.metrics.messages[gotAnswer].Inc()
		s.relay.Answer(swarm.Signal{
			Kind: swarm.Answer, To: m.ToPeerID, From: m.PeerID, InfoHash: m.InfoHash, OfferID: m.OfferID,
			SDP: bytes.Clone(m.Answer), // who gets it keeps it
		})
	default:
		s.front.metrics.messages[gotScrape].Inc()
		s.scrape(w)
	}
	return nil
}

// announce records an announce, replies, and sends its offers, in this order, so that no answer to one of
// them arrives before the reply.
func (s *session) announce(w *work) {
	m := &w.message
	w.offers = w.offers[:0]
	for _, o := range m.Offers {
		w.offers = append(w.offers, swarm.Offered{ID: o.ID, SDP: o.SDP})
	}
	began := time.Now()
	got, signals, err := s.relay.Announce(*s.front.pulse.epoch.Load(), swarm.Announce{
		InfoHash: m.InfoHash,
		Peer:     swarm.WebRTCPeer(m.PeerID),
		Event:    m.Event,
		Proto:    swarm.WebSocket,
		Seeder:   s.seeder(m),
	}, w.offers, w.signals[:0])
	w.signals = signals
	s.front.tracker.Answered(swarm.WebSocket, 1, time.Since(began))
	if err != nil {
		s.fail(m.InfoHash, true, err)
		return
	}
	s.startIf(s.out.put(&message{kind: reply, hash: m.InfoHash, seeders: got.Seeders, leechers: got.Leechers}))
	for i := range signals {
		signals[i].SDP = bytes.Clone(signals[i].SDP) // who gets it keeps it
	}
	s.relay.Send(signals)
}

// seeder returns the role that an announce stands for. One that does not say what is left is a seeder's if
// it completes a download, and otherwise leaves the peer the role that this socket gave it last.
func (s *session) seeder(m *wsproto.Message) bool {
	if m.Left != wsproto.LeftUnsaid {
		return m.Left == wsproto.LeftZero
	}
	return m.Event == bittorrent.Completed || s.relay.Seeder(m.InfoHash, m.PeerID)
}

// scrape answers a scrape. With an empty list browsers only keep their connection in use.
func (s *session) scrape(w *work) {
	m := &w.message
	w.stats, w.files = w.stats[:0], w.files[:0]
	switch {
	case m.All: // a full scrape is the operator's matter
		s.refuse(bittorrent.InfoHash{}, false, swarm.InvalidInfoHash, "info_hash is missing")
		return
	case len(m.Hashes) > 0:
		stats, err := s.front.tracker.Scrape(*s.front.pulse.epoch.Load(), swarm.WebSocket, 1, m.Hashes, w.stats)
		w.stats = stats
		if err != nil {
			s.fail(m.Hashes[0], len(m.Hashes) == 1, err)
			return
		}
	}
	for i, st := range w.stats {
		w.files = append(w.files, wsproto.ScrapeFile{
			InfoHash: m.Hashes[i], Complete: st.Seeders, Incomplete: st.Leechers, Downloaded: st.Completed,
		})
	}
	body := wsproto.AppendScrape(nil, w.files, uint32(s.front.opts.MinScrapeInterval/time.Second))
	s.startIf(s.out.put(&message{kind: other, body: body}))
}
