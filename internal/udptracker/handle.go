package udptracker

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// handle appends the reply to the i-th packet to dst: nothing when it deserves none, or is kept for
// later. It is at most MaxReply long, or as long as the request.
func (a *answerer) handle(dst []byte, i int, packet []byte, from netip.AddrPort) []byte {
	h, ok := udpproto.ParseHeader(packet)
	switch {
	case !ok:
		return a.drop(dst, dropShort)
	case from.Port() == 0:
		return a.drop(dst, dropPort)
	}
	switch h.Action {
	case udpproto.ActionConnect:
		if h.ConnectionID != udpproto.ProtocolID {
			return a.drop(dst, dropMagic)
		}
		a.metrics.connects.Inc()
		return udpproto.AppendConnectReply(dst, h.TransactionID, a.ids.issue(a.now, from.Addr()))
	case udpproto.ActionAnnounce:
		if len(packet) < udpproto.AnnounceRequestLen {
			return a.drop(dst, dropShort)
		}
		if !a.ids.valid(h.ConnectionID, a.now, from.Addr()) {
			return a.refuseConnection(dst, packet, h, from)
		}
		return a.keepAnnounce(dst, i, packet, from)
	case udpproto.ActionScrape:
		if !a.ids.valid(h.ConnectionID, a.now, from.Addr()) {
			return a.refuseConnection(dst, packet, h, from)
		}
		a.scrapes = append(a.scrapes, scrape{datagram: i, header: h, packet: packet})
		return dst
	default:
		return a.drop(dst, dropAction)
	}
}

// keepAnnounce makes a call of an announce.
func (a *answerer) keepAnnounce(dst []byte, i int, packet []byte, from netip.AddrPort) []byte {
	r := &a.announce
	// The options say which URL the client was given (BEP 41). Nothing depends on it here.
	if _, ok := r.Parse(packet); !ok {
		return a.drop(dst, dropShort)
	}
	if r.Port == 0 && r.Event != bittorrent.Stopped {
		return a.refuse(dst, r.TransactionID, swarm.InvalidPort)
	}
	if k := len(a.calls); k < cap(a.calls) {
		a.calls = a.calls[:k+1] // with the memory of its lists
	} else {
		a.calls = append(a.calls, swarm.Call{})
	}
	call := &a.calls[len(a.calls)-1]
	peer := swarm.TCPPeer(netip.AddrPortFrom(from.Addr(), r.Port)) // r.IP: 0 always means the source
	call.Announce = swarm.Announce{
		InfoHash: r.InfoHash,
		Peer:     peer,
		Event:    r.Event,
		Proto:    swarm.UDP,
		Seeder:   r.Left == 0,
		NumWant:  int(r.NumWant),
		MaxPeers: (a.opts.MaxReply - udpproto.AnnounceReplyLen) / peer.Family().CompactLen(),
	}
	call.Reply, call.Err = swarm.Reply{}, nil
	call.Peers.Reset()
	a.callers = append(a.callers, caller{i, r.TransactionID})
	return dst
}

func (a *answerer) appendAnnounce(dst []byte, transactionID uint32, call *swarm.Call) []byte {
	if call.Err != nil {
		return a.fail(dst, transactionID, call.Err)
	}
	dst = udpproto.AnnounceReply{
		TransactionID: transactionID,
		Interval:      uint32(call.Reply.Interval / time.Second),
		Leechers:      call.Reply.Leechers,
		Seeders:       call.Reply.Seeders,
	}.Append(dst)
	return append(dst, call.Peers[call.Announce.Peer.Family()]...)
}

func (a *answerer) appendScrape(dst []byte, transactionID uint32, stats []swarm.Stats, err error) []byte {
	if err != nil {
		return a.fail(dst, transactionID, err)
	}
	dst = udpproto.AppendScrapeReply(dst, transactionID)
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
func (a *answerer) refuseConnection(dst, packet []byte, h udpproto.Header, from netip.AddrPort) []byte {
	if !a.errors.allow(from.Addr(), a.now) {
		return a.drop(dst, dropConnectionID)
	}
	a.metrics.badIDs.Inc()
	end := len(dst) + len(packet)
	dst = udpproto.AppendError(dst, h.TransactionID, "expired connection ID")
	return dst[:min(len(dst), end)]
}

func (a *answerer) refuse(dst []byte, transactionID uint32, reason swarm.Reason) []byte {
	a.tracker.Refused(swarm.UDP, reason)
	return udpproto.AppendError(dst, transactionID, reason.Sentence())
}

// fail answers a request that the tracker did not, and logs the cause when it is ours.
func (a *answerer) fail(dst []byte, transactionID uint32, err error) []byte {
	reason := swarm.ReasonOf(err)
	if reason == swarm.Internal {
		a.log.Error("request failed", slog.Any("err", err))
	}
	return a.refuse(dst, transactionID, reason)
}

func (a *answerer) drop(dst []byte, reason dropReason) []byte {
	a.metrics.drop(reason)
	return dst
}
