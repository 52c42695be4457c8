package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/udpproto"
)

func announceUDP(ctx context.Context, u *url.URL, a Announcement, opts Options) (r Reply, err error) {
	request := udpproto.AnnounceRequest{
		InfoHash:   a.InfoHash,
		PeerID:     a.PeerID,
		Downloaded: signed(a.Downloaded),
		Left:       signed(a.Left),
		Uploaded:   signed(a.Uploaded),
		Event:      a.Event,
		NumWant:    a.NumWant,
		Port:       a.Port,
	}
	switch { // our zero is the wire's -1
	case a.NumWant == 0:
		request.NumWant = -1
	case a.NumWant < 0:
		request.NumWant = 0
	}
	err = eachAddress(ctx, u, opts, func(c *udpConn) error {
		packet, err := c.roundTrip(ctx, udpproto.ActionAnnounce, func(dst []byte, h udpproto.Header) []byte {
			request.Header = h
			dst = request.Append(dst)
			if u.Path == "" && u.RawQuery == "" {
				return dst
			}
			return udpproto.AppendURLOptions(dst, u.RequestURI())
		})
		if err != nil {
			return err
		}
		r, err = parseAnnounceReply(packet, c.addrLen)
		return err
	})
	return r, err
}

// signed returns n as trackers can take it that count in signed numbers, which are most.
func signed(n uint64) uint64 { return min(n, math.MaxInt64) }

func parseAnnounceReply(packet []byte, addrLen int) (Reply, error) {
	var fixed udpproto.AnnounceReply
	compact, ok := fixed.Parse(packet)
	if !ok {
		return Reply{}, fmt.Errorf("announce reply of %d bytes is cut short", len(packet))
	}
	peers, err := appendCompact(nil, compact, addrLen)
	return Reply{
		Seeders:  fixed.Seeders,
		Leechers: fixed.Leechers,
		Interval: times(int64(fixed.Interval), time.Second),
		Peers:    peers,
	}, err
}

func scrapeUDP(ctx context.Context, u *url.URL, hashes []bittorrent.InfoHash, opts Options) (results []ScrapeResult, err error) {
	err = eachAddress(ctx, u, opts, func(c *udpConn) error {
		got := make([]ScrapeResult, 0, len(hashes))
		for some := range slices.Chunk(hashes, udpproto.MaxScrapeHashes) {
			packet, err := c.roundTrip(ctx, udpproto.ActionScrape, func(dst []byte, h udpproto.Header) []byte {
				return udpproto.AppendScrapeRequest(dst, h, some)
			})
			if err != nil {
				return err
			}
			entries := udpproto.AppendScrapeEntries(nil, packet)
			if len(entries) < len(some) {
				return fmt.Errorf("scrape reply has %d of %d swarms", len(entries), len(some))
			}
			for i, h := range some {
				e := entries[i]
				got = append(got, ScrapeResult{h, e.Seeders, e.Leechers, e.Completed})
			}
		}
		results = got
		return nil
	})
	return results, err
}

// eachAddress calls talk with a socket to the tracker's first address, and with the next one while
// the network says that nobody is there. An address that stays silent ends the call: what was sent
// may have been lost, and to be as patient with every other address would take too long.
func eachAddress(ctx context.Context, u *url.URL, opts Options, talk func(*udpConn) error) error {
	addrs, err := opts.addresses(ctx, u.Hostname())
	if err != nil {
		return err
	}
	err = errors.New("host has no address")
	for _, addr := range addrs {
		if err = talkTo(ctx, addr, u.Port(), opts, talk); err == nil {
			return nil
		}
		if _, ok := errors.AsType[*net.OpError](err); !ok {
			return err
		}
	}
	return err
}

func talkTo(ctx context.Context, addr netip.Addr, port string, opts Options, talk func(*udpConn) error) error {
	// Connected, so that the kernel drops packets of others and reports a port that is closed.
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "udp", net.JoinHostPort(addr.String(), port))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	return talk(&udpConn{conn: conn, opts: opts, addrLen: addr.Unmap().BitLen() / 8, in: make([]byte, math.MaxUint16)})
}
