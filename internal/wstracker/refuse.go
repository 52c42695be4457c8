package wstracker

import (
	"log/slog"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// reasons are those of what may be wrong with a message.
var reasons = [wsproto.Errors]swarm.Reason{
	wsproto.ErrMalformed: swarm.InvalidRequest,
	wsproto.ErrAction:    swarm.InvalidRequest,
	wsproto.ErrInfoHash:  swarm.InvalidInfoHash,
	wsproto.ErrPeerID:    swarm.InvalidPeerID,
	wsproto.ErrToPeerID:  swarm.InvalidPeerID,
	wsproto.ErrOfferID:   swarm.InvalidRequest,
	wsproto.ErrEvent:     swarm.InvalidRequest,
	wsproto.ErrOffer:     swarm.InvalidRequest,
	wsproto.ErrAnswer:    swarm.InvalidRequest,
}

// refuseMessage answers a message that is none. It returns an error when there were too many in a row that
// could not be read at all.
func (s *session) refuseMessage(m *wsproto.Message, what wsproto.Error) error {
	s.front.metrics.messages[gotInvalid].Inc()
	s.refuse(m.InfoHash, m.HasInfoHash, reasons[what], what.Error())
	s.malformed++
	switch {
	case what != wsproto.ErrMalformed:
		s.malformed = 0
	case s.malformed == maxMalformed:
		return errMalformed
	}
	return nil
}

// fail answers a message that could not be served, and logs the cause when it is ours.
func (s *session) fail(h bittorrent.InfoHash, known bool, err error) {
	reason := swarm.ReasonOf(err)
	if reason == swarm.Internal {
		s.front.log.Error("message failed", slog.Any("err", err))
	}
	s.refuse(h, known, reason, reason.Sentence())
}

// refuse answers with a failure, which names the swarm if it is known.
func (s *session) refuse(h bittorrent.InfoHash, known bool, reason swarm.Reason, text string) {
	s.front.tracker.Refused(swarm.WebSocket, reason)
	s.startIf(s.out.put(&message{kind: other, body: wsproto.AppendFailure(nil, h, known, text)}))
}
