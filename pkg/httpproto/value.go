package httpproto

import (
	"math"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// parseInfoHash reads a hash of 20 bytes, or the 32 of a version 2 torrent, of which trackers know
// the first 20 (BEP 52).
func parseInfoHash(value string) (bittorrent.InfoHash, error) {
	var raw [40]byte
	n, ok := decode(raw[:], value)
	switch {
	case !ok:
		return bittorrent.InfoHash{}, errInfoHashEscape
	case n == 20 || n == 32:
		return bittorrent.InfoHash(raw[:20]), nil
	case (n == 40 || n == 64) && allHex(raw[:]): // scripts send the form that users see
		return bittorrent.InfoHash{}, errInfoHashHex
	}
	return bittorrent.InfoHash{}, errInfoHashLength
}

func allHex(text []byte) bool {
	for _, c := range text {
		if unhex[c] == notHex {
			return false
		}
	}
	return true
}

func parsePeerID(value string) (id bittorrent.PeerID, err error) {
	switch n, ok := decode(id[:], value); {
	case !ok:
		return id, errPeerIDEscape
	case n != len(id):
		return id, errPeerIDLength
	}
	return id, nil
}

// parsePort returns zero for what is no port.
func parsePort(value string) uint16 {
	if n, _ := number(value); n <= math.MaxUint16 {
		return uint16(n)
	}
	return 0
}

// parseEvent reads an event in any case.
func parseEvent(value string) (event bittorrent.Event, unknown bool) {
	var word [len("completed")]byte
	n, ok := decode(word[:], value)
	if !ok || n > len(word) {
		return bittorrent.None, true
	}
	for i := range word[:n] {
		if c := word[i]; 'A' <= c && c <= 'Z' {
			word[i] = c | 0x20
		}
	}
	switch string(word[:n]) {
	case "", "empty":
		return bittorrent.None, false
	case "started":
		return bittorrent.Started, false
	case "stopped":
		return bittorrent.Stopped, false
	case "completed":
		return bittorrent.Completed, false
	case "paused":
		return bittorrent.Paused, false
	}
	return bittorrent.None, true
}
