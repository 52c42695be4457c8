package interop_test

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/starlingtest"
)

// A peer is a BitTorrent client that holds one torrent. Seed and Fetch start it and return at
// once; Stop makes it leave the swarm. Each may be called once.
type peer interface {
	Seed(t *testing.T, j job)
	Fetch(t *testing.T, j job)
	Stop(t *testing.T)
}

// A job is what a peer is given.
type job struct {
	torrent torrent
	host    host
	family  string // in which to listen and connect: "ipv4" or "ipv6"
	proto   string // of the tracker: "http" or "udp"
	dir     string // for what is fetched
}

// An encounter is a transfer to try. Each client seeds, and each fetches, over HTTP and over UDP.
type encounter struct {
	name            string
	proto, family   string
	seeder, leecher func() peer
}

func newAria2() peer        { return new(aria2) }
func newLibtorrent() peer   { return new(libtorrent) }
func newTransmission() peer { return new(transmission) }

var encounters = []encounter{
	{"Aria2ToTransmissionOverHTTP", "http", "ipv4", newAria2, newTransmission},
	{"TransmissionToLibtorrentOverHTTP", "http", "ipv4", newTransmission, newLibtorrent},
	{"LibtorrentToAria2OverHTTP", "http", "ipv4", newLibtorrent, newAria2},
	{"Aria2ToTransmissionOverUDP", "udp", "ipv4", newAria2, newTransmission},
	{"TransmissionToLibtorrentOverUDP", "udp", "ipv4", newTransmission, newLibtorrent},
	{"LibtorrentToAria2OverUDP", "udp", "ipv4", newLibtorrent, newAria2},
	{"LibtorrentToTransmissionOverHTTPAndIPv6", "http", "ipv6", newLibtorrent, newTransmission},
	// Of the three only libtorrent speaks UDP to a tracker named by an IPv6 address.
	{"LibtorrentToLibtorrentOverUDPAndIPv6", "udp", "ipv6", newLibtorrent, newLibtorrent},
}

func TestClientsTransferThroughStarling(t *testing.T) {
	t.Parallel()
	needClients(t)
	for _, e := range encounters {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			s := startServer(t)
			e.transfer(t, s, s)
		})
	}
}

// transfer has the seeder ask one server and the leecher another, which may be the same, and both of
// them see all that happens.
func (e encounter) transfer(t *testing.T, seederAt, leecherAt *starlingtest.Server) {
	t.Helper()
	to := newTorrent(t, seederAt.Announce(e.proto, e.family))
	sees := func(when string, want counts) {
		t.Helper()
		for _, s := range []*starlingtest.Server{seederAt, leecherAt} {
			for _, proto := range []string{"http", "udp"} {
				eventually(t, when+", scrape of "+s.Announce(proto, e.family), want, func() counts {
					return scrape(t.Context(), s.Announce(proto, e.family), to.infoHash)
				})
			}
		}
	}

	sees("before", counts{})
	seeder, leecher := e.seeder(), e.leecher()
	seeder.Seed(t, job{to, seederHost, e.family, e.proto, ""})
	sees("seeding", counts{seeders: 1})
	fetched := t.TempDir()
	leecher.Fetch(t, job{to.at(t, leecherAt.Announce(e.proto, e.family)), leecherHost, e.family, e.proto, fetched})
	sees("fetching", counts{seeders: 1, leechers: 1})
	sees("fetched", counts{seeders: 2, completed: 1})
	content, err := os.ReadFile(filepath.Join(fetched, contentName))
	if got := sha256.Sum256(content); got != to.sum {
		t.Errorf("got %d bytes with SHA-256 %x (%v), want %x", len(content), got, err, to.sum)
	}
	leecher.Stop(t)
	sees("leecher gone", counts{seeders: 1, completed: 1})
	seeder.Stop(t)
	sees("seeder gone", counts{completed: 1})
}
