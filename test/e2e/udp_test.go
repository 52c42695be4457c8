package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

// errEnded is no answer, and none to come.
var errEnded = errors.New("the replica ended before it replied")

func (h *host) connectAt(r *starlingtest.Server) (id uint64, err error) {
	transaction := h.rng.Uint32()
	packet, err := h.exchange(r, udpproto.ActionConnect, transaction, udpproto.AppendConnectRequest(nil, transaction))
	if err != nil {
		return 0, err
	}
	id, ok := udpproto.ParseConnectReply(packet)
	if !ok {
		return 0, fmt.Errorf("connect: got reply %q", packet)
	}
	return id, nil
}

func (h *host) announceUDP(r *starlingtest.Server, a client.Announcement) (client.Reply, error) {
	if err := h.connect(); err != nil {
		return client.Reply{}, err
	}
	request := udpproto.AnnounceRequest{
		Header:   udpproto.Header{ConnectionID: h.id, TransactionID: h.rng.Uint32()},
		InfoHash: a.InfoHash, PeerID: a.PeerID, Port: a.Port, Left: a.Left, Event: a.Event,
		NumWant: map[bool]int32{true: -1, false: max(a.NumWant, 0)}[a.NumWant == 0], // zero is the wire's -1
	}
	packet, err := h.exchange(r, udpproto.ActionAnnounce, request.TransactionID, request.Append(nil))
	if err != nil {
		return client.Reply{}, err
	}
	var fixed udpproto.AnnounceReply
	compact, ok := fixed.Parse(packet)
	if !ok || len(compact)%h.family.CompactLen() != 0 {
		return client.Reply{}, fmt.Errorf("announce: got reply %q", packet)
	}
	reply := client.Reply{
		Seeders: fixed.Seeders, Leechers: fixed.Leechers, Interval: time.Duration(fixed.Interval) * time.Second,
	}
	var peers swarm.Peers
	peers[h.family] = compact
	for p := range peers.All() {
		reply.Peers = append(reply.Peers, p.Addr())
	}
	return reply, nil
}

func (h *host) scrapeUDP(r *starlingtest.Server, hashes []bittorrent.InfoHash) ([]client.ScrapeResult, error) {
	if err := h.connect(); err != nil {
		return nil, err
	}
	header := udpproto.Header{ConnectionID: h.id, TransactionID: h.rng.Uint32()}
	packet, err := h.exchange(r, udpproto.ActionScrape, header.TransactionID, udpproto.AppendScrapeRequest(nil, header, hashes))
	if err != nil {
		return nil, err
	}
	entries := udpproto.AppendScrapeEntries(nil, packet)
	if len(entries) != len(hashes) {
		return nil, fmt.Errorf("scrape: got %d swarms, want %d", len(entries), len(hashes))
	}
	var result []client.ScrapeResult
	for i, e := range entries { // by position
		result = append(result, client.ScrapeResult{
			InfoHash: hashes[i], Seeders: e.Seeders, Leechers: e.Leechers, Completed: e.Completed,
		})
	}
	return result, nil
}

// exchange sends a packet to one replica and returns that one's reply. It sends nothing twice: on
// loopback nothing is lost, and an old copy that arrives late would make the model wrong.
func (h *host) exchange(r *starlingtest.Server, want udpproto.Action, transaction uint32, packet []byte) ([]byte, error) {
	to, socket := netip.MustParseAddrPort(r.UDP[h.family.String()]), h.sockets[h.rng.IntN(len(h.sockets))]
	if _, err := socket.WriteToUDPAddrPort(packet, to); err != nil {
		return nil, err
	}
	for over := time.Now().Add(patience); time.Now().Before(over); {
		last := ended(r)
		reply, err := receive(socket, to, transaction)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && last:
			return nil, errEnded
		case errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return nil, err
		}
		switch got, _, _ := udpproto.ParseReplyHeader(reply); got {
		case want:
			return reply, nil
		case udpproto.ActionError:
			return nil, &client.FailureError{Reason: udpproto.ErrorText(reply)}
		default:
			return nil, fmt.Errorf("%v answered with %v", want, got)
		}
	}
	return nil, fmt.Errorf("%v: no reply within %v", want, patience)
}

// receive waits for the reply to a transaction, but not for long. Others are late ones of replicas that
// ended.
func receive(socket *net.UDPConn, from netip.AddrPort, transaction uint32) ([]byte, error) {
	if err := socket.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		return nil, err
	}
	buf := make([]byte, 2048)
	for {
		n, sender, err := socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			return nil, err
		}
		sender = netip.AddrPortFrom(sender.Addr().Unmap(), sender.Port())
		if _, id, ok := udpproto.ParseReplyHeader(buf[:n]); ok && id == transaction && sender == from {
			return buf[:n], nil
		}
	}
}
