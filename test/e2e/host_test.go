package e2e_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/client"
)

// patience is how long a reply may take on a machine that is very busy.
const patience = 20 * time.Second

// A host has an address, and clients at any number of its ports. It belongs to one goroutine.
type host struct {
	fleet     *fleet
	rng       *rand.Rand
	ip        netip.Addr
	family    swarm.Family
	sockets   [2]*net.UDPConn // connection IDs are of the address, not of the port
	transport *http.Transport
	id        uint64 // of its connection, as some replica gave it
	uses      int    // of id, before it asks for another one
}

func newHost(tb testing.TB, f *fleet, rng *rand.Rand, ip string) *host {
	tb.Helper()
	h := &host{fleet: f, rng: rng, ip: netip.MustParseAddr(ip), family: swarm.IPv4}
	if h.ip.Is6() {
		h.family = swarm.IPv6
	}
	for i := range h.sockets {
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: h.ip.AsSlice()})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { conn.Close() })
		h.sockets[i] = conn
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: h.ip.AsSlice()}}
	h.transport = &http.Transport{DialContext: dialer.DialContext}
	tb.Cleanup(h.transport.CloseIdleConnections)
	return h
}

// peer is the host's client at a port.
func (h *host) peer(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.ip, port) }

// announce asks a replica chosen at random, and others as long as the one asked ends before it replies.
func (h *host) announce(proto swarm.Proto, a client.Announcement) (reply client.Reply, err error) {
	err = h.anywhere(func(r *starlingtest.Server) error {
		reply, err = h.announceAt(r, proto, a)
		return err
	})
	return reply, err
}

// scrape is [host.announce] for scrapes.
func (h *host) scrape(proto swarm.Proto, hashes ...bittorrent.InfoHash) (result []client.ScrapeResult, err error) {
	err = h.anywhere(func(r *starlingtest.Server) error {
		result, err = h.scrapeAt(r, proto, hashes...)
		return err
	})
	return result, err
}

// connect gets the host an ID of a replica chosen at random, for some requests.
func (h *host) connect() error {
	if h.uses--; h.uses >= 0 {
		return nil
	}
	h.uses = h.rng.IntN(30)
	return h.anywhere(func(r *starlingtest.Server) (err error) {
		h.id, err = h.connectAt(r)
		return err
	})
}

// anywhere asks a replica chosen at random. What one did not answer before it ended may be asked of
// another: to have announced twice is to have announced.
func (h *host) anywhere(ask func(*starlingtest.Server) error) error {
	for {
		r := h.fleet.any(h.rng)
		err := ask(r)
		if _, refused := errors.AsType[*client.FailureError](err); err == nil || refused {
			return err
		}
		select {
		case <-r.Ended():
		case <-time.After(patience):
			return err
		}
	}
}

func (h *host) announceAt(r *starlingtest.Server, proto swarm.Proto, a client.Announcement) (client.Reply, error) {
	if proto == swarm.UDP {
		return h.announceUDP(r, a)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Announce(ctx, r.Announce("http", h.family.String()), a, client.Options{Transport: h.transport})
}

func (h *host) scrapeAt(r *starlingtest.Server, proto swarm.Proto, hashes ...bittorrent.InfoHash) ([]client.ScrapeResult, error) {
	if proto == swarm.UDP {
		return h.scrapeUDP(r, hashes)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Scrape(ctx, r.Announce("http", h.family.String()), hashes, client.Options{Transport: h.transport})
}
