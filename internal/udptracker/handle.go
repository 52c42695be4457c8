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

// handle returns the reply to packet, in the socket's buffer, or nothing when it deserves none.
func (s *socket) handle(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
	reply := s.reply[:0]
	h, ok := udpproto.ParseHeader(packet)
	switch {
	case !ok:
		return s.drop(dropShort)
	case from.Port() == 0:
		return s.drop(dropPort)
	}
	now := time.Now()
	switch h.Action {
	case udpproto.ActionConnect:
		if h.ConnectionID != udpproto.ProtocolID {
			return s.drop(dropMagic)
		}
		s.metrics.connects.Inc()
		return udpproto.AppendConnectReply(reply, h.TransactionID, s.ids.issue(now, from.Addr()))
	case udpproto.ActionAnnounce:
		if len(packet) < udpproto.AnnounceRequestLen {
			return s.drop(dropShort)
		}
		if !s.ids.valid(h.ConnectionID, now, from.Addr()) {
			return s.refuseConnection(packet, h, now, from)
		}
		return s.handleAnnounce(ctx, packet, from)
	case udpproto.ActionScrape:
		if !s.ids.valid(h.ConnectionID, now, from.Addr()) {
			return s.refuseConnection(packet, h, now, from)
		}
		return s.handleScrape(ctx, packet, h)
	default:
		return s.drop(dropAction)
	}
}

func (s *socket) handleAnnounce(ctx context.Context, packet []byte, from netip.AddrPort) []byte {
	r := &s.announce
	// The options say which URL the client was given (BEP 41). Nothing depends on it here.
	if _, ok := r.Parse(packet); !ok {
		return s.drop(dropShort)
	}
	if r.Port == 0 && r.Event != bittorrent.Stopped {
		return s.refuse(r.TransactionID, swarm.InvalidPort)
	}
	peer := swarm.TCPPeer(netip.AddrPortFrom(from.Addr(), r.Port)) // r.IP: 0 always means the source
	reply, err := s.tracker.Announce(ctx, swarm.Announce{
		InfoHash: r.InfoHash,
		Peer:     peer,
		Event:    r.Event,
		Proto:    swarm.UDP,
		Seeder:   r.Left == 0,
		NumWant:  int(r.NumWant),
	}, s.peers[:0])
	s.peers = reply.Peers
	if err != nil {
		return s.fail(r.TransactionID, err)
	}
	dst := udpproto.AnnounceReply{
		TransactionID: r.TransactionID,
		Interval:      uint32(reply.Interval / time.Second),
		Leechers:      reply.Leechers,
		Seeders:       reply.Seeders,
	}.Append(s.reply[:0])
	for _, p := range reply.Peers {
		end := len(dst)
		if dst = p.AppendCompact(dst); len(dst) > s.opts.MaxReply {
			return dst[:end]
		}
	}
	return dst
}

func (s *socket) handleScrape(ctx context.Context, packet []byte, h udpproto.Header) []byte {
	s.hashes = udpproto.AppendScrapeHashes(s.hashes[:0], packet)
	stats, err := s.tracker.Scrape(ctx, swarm.UDP, s.hashes, s.stats[:0])
	s.stats = stats
	if err != nil {
		return s.fail(h.TransactionID, err)
	}
	dst := udpproto.AppendScrapeReply(s.reply[:0], h.TransactionID)
	for _, st := range stats {
		end := len(dst)
		dst = udpproto.AppendScrapeEntry(dst, udpproto.ScrapeEntry{
			Seeders: st.Seeders, Completed: st.Completed, Leechers: st.Leechers,
		})
		if len(dst) > s.opts.MaxReply {
			return dst[:end]
		}
	}
	return dst
}

// refuseConnection tells a client that its connection ID is not, or no longer, good, so that it
// asks for another one. Whoever forges sources is not to make us send much: only so many errors,
// and none that is longer than its packet. Only a scrape without a hash is too short for the text.
func (s *socket) refuseConnection(packet []byte, h udpproto.Header, now time.Time, from netip.AddrPort) []byte {
	if !s.errors.allow(from.Addr(), now) {
		return s.drop(dropConnectionID)
	}
	s.metrics.badIDs.Inc()
	reply := udpproto.AppendError(s.reply[:0], h.TransactionID, "expired connection ID")
	return reply[:min(len(reply), len(packet))]
}

func (s *socket) refuse(transactionID uint32, reason swarm.Reason) []byte {
	s.tracker.Refused(swarm.UDP, reason)
	return udpproto.AppendError(s.reply[:0], transactionID, reason.Sentence())
}

// fail answers a request that the tracker did not, and logs the cause when it is ours.
func (s *socket) fail(transactionID uint32, err error) []byte {
	reason := swarm.ReasonOf(err)
	if reason == swarm.Internal {
		s.log.Error("request failed", slog.Any("err", err))
	}
	return s.refuse(transactionID, reason)
}

func (s *socket) drop(reason dropReason) []byte {
	s.metrics.drop(reason)
	return nil
}
