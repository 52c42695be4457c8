// Package bittorrent holds the words that every part of a tracker shares: info hashes, peer IDs
// and announce events. It knows no wire format; the codecs beside it do.
package bittorrent

import (
	"encoding/hex"
	"fmt"
)

// An InfoHash names a swarm: the SHA-1 of a torrent's info dictionary (BEP 3), or the first 20
// bytes of its SHA-256 (BEP 52, "infohash").
type InfoHash [20]byte

// String returns the hash as 40 lower-case hexadecimal digits.
func (h InfoHash) String() string { return hex.EncodeToString(h[:]) }

// ParseInfoHash reads a hash written as 40 hexadecimal digits, or as the 64 of a version 2 torrent
// (BEP 52), of which trackers know the first 40.
func ParseInfoHash(s string) (InfoHash, error) {
	var h InfoHash
	if len(s) != 40 && len(s) != 64 {
		return h, fmt.Errorf("info hash %q: want 40 hexadecimal digits, or 64 for version 2", s)
	}
	raw, err := hex.DecodeString(s)
	if err != nil {
		return h, fmt.Errorf("info hash %q: %w", s, err)
	}
	copy(h[:], raw)
	return h, nil
}

// MarshalText writes the hash as String does.
func (h InfoHash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *InfoHash) UnmarshalText(text []byte) error {
	parsed, err := ParseInfoHash(string(text))
	if err == nil {
		*h = parsed
	}
	return err
}

// A PeerID is what a client calls itself (BEP 3, "peer_id"). Nothing vouches for it.
type PeerID [20]byte

// String returns the ID as 40 lower-case hexadecimal digits: an ID may hold any bytes.
func (id PeerID) String() string { return hex.EncodeToString(id[:]) }

// An OfferID is what a browser calls one of its offers of a connection (WebTorrent, "offer_id").
type OfferID [20]byte

// String returns the ID as 40 lower-case hexadecimal digits.
func (id OfferID) String() string { return hex.EncodeToString(id[:]) }
