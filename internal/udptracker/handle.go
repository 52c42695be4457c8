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

// handle appends the reply to packet to dst, or nothing when it deserves none. It is at most MaxReply
// long, or as long as the request.
func (s *socket) handle(ctx context.Context, dst, packet []byte, from netip.AddrPort) []byte {
	h, ok := udpproto.ParseHeader(packet)
	switch {
	case !ok:
		return s.drop(dst, dropShort)
	case from.Port() == 0:
		return s.drop(dst, dropPort)
	}
	switch h.Action {
	case udpproto.ActionConnect:
		if h.ConnectionID != udpproto.ProtocolID {
			return s.drop(dst, dropMagic)
		}
		s.metrics.connects.Inc()
		return udpproto.AppendConnectReply(dst, h.TransactionID, s.ids.issue(s.now, from.Addr()))
	case udpproto.ActionAnnounce:
		if len(packet) < udpproto.AnnounceRequestLen {
			return s.drop(dst, dropShort)
		}
		if !s.ids.valid(h.ConnectionID, s.now, from.Addr()) {
			return s.refuseConnection(dst, packet, h, from)
		}
		return s.handleAnnounce(ctx, dst, packet, from)
	case udpproto.ActionScrape:
		if !s.ids.valid(h.ConnectionID, s.now, from.Addr()) {
			return s.refuseConnection(dst, packet, h, from)
		}
		return s.handleScrape(ctx, dst, packet, h)
	default:
		return s.drop(dst, dropAction)
	}
}

func (s *socket) handleAnnounce(ctx context.Context, dst, packet []byte, from netip.AddrPort) []byte {
	r := &s.announce
	// The options say which URL the client was given (BEP 41). Nothing depends on it here.
	if _, ok := r.Parse(packet); !ok {
		return s.drop(dst, dropShort)
	}
	if r.Port == 0 && r.Event != bittorrent.Stopped {
		return s.refuse(dst, r.TransactionID, swarm.InvalidPort)
	}
	peer := swarm.TCPPeer(netip.AddrPortFrom(from.Addr(), r.Port)) // r.IP: 0 always means the source
	s.announces++
	s.peers.Reset()
	reply, err := s.tracker.Announce(ctx, swarm.Announce{
		InfoHash: r.InfoHash,
		Peer:     peer,
		Event:    r.Event,
		Proto:    swarm.UDP,
		Seeder:   r.Left == 0,
		NumWant:  int(r.NumWant),
	}, &s.peers)
	if err != nil {
		return s.fail(dst, r.TransactionID, err)
	}
	dst = udpproto.AnnounceReply{
		TransactionID: r.TransactionID,
		Interval:      uint32(reply.Interval / time.Second),
		Leechers:      reply.Leechers,
		Seeders:       reply.Seeders,
	}.Append(dst)
	family := peer.Family()
	list, most := s.peers[family], (s.opts.MaxReply-udpproto.AnnounceReplyLen)/family.CompactLen()
	return append(dst, list[:min(len(list), most*family.CompactLen())]...)
}

func (s *socket) handleScrape(ctx context.Context, dst, packet []byte, h udpproto.Header) []byte {
	s.hashes = udpproto.AppendScrapeHashes(s.hashes[:0], packet)
	most := (s.opts.MaxReply - udpproto.ScrapeReplyLen) / udpproto.ScrapeEntryLen
	s.hashes = s.hashes[:min(len(s.hashes), most)]
	stats, err := s.tracker.Scrape(ctx, swarm.UDP, s.hashes, s.stats[:0])
	s.stats = stats
	if err != nil {
		return s.fail(dst, h.TransactionID, err)
	}
	dst = udpproto.AppendScrapeReply(dst, h.TransactionID)
	for _, st := range stats {
		dst = udpproto.AppendScrapeEntry(dst, udpproto.ScrapeEntry{
			Seeders: st.Seeders, Completed: st.Completed, Leechers: st.Leechers,
		})
	}
	return dst
}

// refuseConnection tells a client that its connection ID is not, or no longer, good, so that it
// asks for another one. Whoever forges sources is not to make us send much: only so many errors,
// and none that is longer than its packet. Only a scrape without a hash is too short for the text.
func (s *socket) refuseConnection(dst, packet []byte, h udpproto.Header, from netip.AddrPort) []byte {
	if !s.errors.allow(from.Addr(), s.now) {
		return s.drop(dst, dropConnectionID)
	}
	s.metrics.badIDs.Inc()
	end := len(dst) + len(packet)
	dst = udpproto.AppendError(dst, h.TransactionID, "expired connection ID")
	return dst[:min(len(dst), end)]
}

func (s *socket) refuse(dst []byte, transactionID uint32, reason swarm.Reason) []byte {
	s.tracker.Refused(swarm.UDP, reason)
	return udpproto.AppendError(dst, transactionID, reason.Sentence())
}

// fail answers a request that the tracker did not, and logs the cause when it is ours.
func (s *socket) fail(dst []byte, transactionID uint32, err error) []byte {
	reason := swarm.ReasonOf(err)
	if reason == swarm.Internal {
		s.log.Error("request failed", slog.Any("err", err))
	}
	return s.refuse(dst, transactionID, reason)
}

func (s *socket) drop(dst []byte, reason dropReason) []byte {
	s.metrics.drop(reason)
	return dst
}
