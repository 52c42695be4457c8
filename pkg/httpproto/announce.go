package httpproto

import (
	"math"
	"net/netip"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An AnnounceRequest is what a peer says of itself in the query of an announce.
type AnnounceRequest struct {
	InfoHash   bittorrent.InfoHash
	PeerID     bittorrent.PeerID
	Port       uint16 // zero only with Stopped
	Uploaded   uint64 // bytes; zero when missing or no number
	Downloaded uint64 // bytes; zero when missing or no number

	// Left is how many bytes the peer still lacks. Only a plain 0 makes a seeder: a missing or
	// negative number, or none at all, reads as math.MaxUint64, and so does one beyond 64 bits.
	Left uint64

	Event        bittorrent.Event
	UnknownEvent bool  // the event was a word that is none of ours; Event is None
	NumWant      int32 // DefaultNumWant, or at least zero
	Expanded     bool  // an explicit compact=0 (BEP 23)

	// IP is the first address literal among the parameters ip, ipv4 and ipv6, unmapped, and the zero
	// Addr when there is none. Nothing vouches for it: whether it counts is the caller's decision.
	IP netip.Addr
}

// Parse fills r from the raw text behind the first '?' of a URL. Its errors are all *ParamError;
// after one, r is of no use.
func (r *AnnounceRequest) Parse(query string) error {
	*r = AnnounceRequest{Left: math.MaxUint64, NumWant: DefaultNumWant}
	var seen params
	var err error
	for query != "" && err == nil {
		var name, value string
		name, value, query = next(query)
		switch name {
		case "info_hash":
			if !seen.first(paramInfoHash) {
				return errInfoHashTwice
			}
			r.InfoHash, err = parseInfoHash(value)
		case "peer_id":
			if seen.first(paramPeerID) {
				r.PeerID, err = parsePeerID(value)
			}
		case "port":
			if seen.first(paramPort) {
				r.Port = parsePort(value)
			}
		case "uploaded":
			if seen.first(paramUploaded) {
				r.Uploaded, _ = number(value)
			}
		case "downloaded":
			if seen.first(paramDownloaded) {
				r.Downloaded, _ = number(value)
			}
		case "left":
			if left, ok := number(value); seen.first(paramLeft) && ok {
				r.Left = left
			}
		case "event":
			if seen.first(paramEvent) {
				r.Event, r.UnknownEvent = parseEvent(value)
			}
		case "numwant":
			if n, ok := number(value); seen.first(paramNumWant) && ok {
				r.NumWant = int32(min(n, math.MaxInt32))
			}
		case "compact":
			if n, ok := number(value); seen.first(paramCompact) {
				r.Expanded = ok && n == 0
			}
		case "ip", "ipv4", "ipv6":
			if !r.IP.IsValid() {
				r.IP = parseAddress(value)
			}
		}
	}
	switch {
	case err != nil:
		return err
	case seen&paramInfoHash == 0:
		return errInfoHashMissing
	case seen&paramPeerID == 0:
		return errPeerIDMissing
	case r.Port != 0 || r.Event == bittorrent.Stopped: // who leaves needs no port to be reached at
		return nil
	case seen&paramPort == 0:
		return errPortMissing
	}
	return errPortRange
}

// params is the set of parameters that a query has shown so far.
type params uint16

const (
	paramInfoHash params = 1 << iota
	paramPeerID
	paramPort
	paramUploaded
	paramDownloaded
	paramLeft
	paramEvent
	paramNumWant
	paramCompact
)

// first adds p and tells whether it is new.
func (s *params) first(p params) bool {
	known := *s
	*s |= p
	return known&p == 0
}
