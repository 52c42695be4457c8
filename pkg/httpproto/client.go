package httpproto

import (
	"strconv"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// AppendQuery appends r as a query that Parse reads back, but for UnknownEvent, of which no word is
// kept. An event that BEP 3 and BEP 21 do not know is left out, and so are a negative NumWant and an
// invalid IP.
func (r *AnnounceRequest) AppendQuery(dst []byte) []byte {
	dst = append(dst, "info_hash="...)
	dst = appendEscaped(dst, r.InfoHash[:])
	dst = append(dst, "&peer_id="...)
	dst = appendEscaped(dst, r.PeerID[:])
	dst = append(dst, "&port="...)
	dst = strconv.AppendUint(dst, uint64(r.Port), 10)
	dst = append(dst, "&uploaded="...)
	dst = strconv.AppendUint(dst, r.Uploaded, 10)
	dst = append(dst, "&downloaded="...)
	dst = strconv.AppendUint(dst, r.Downloaded, 10)
	dst = append(dst, "&left="...)
	dst = strconv.AppendUint(dst, r.Left, 10)
	if r.Expanded {
		dst = append(dst, "&compact=0"...)
	} else {
		dst = append(dst, "&compact=1"...) // some trackers answer in compact form only when asked
	}
	if r.NumWant >= 0 {
		dst = append(dst, "&numwant="...)
		dst = strconv.AppendUint(dst, uint64(r.NumWant), 10)
	}
	if r.Event != bittorrent.None && r.Event < bittorrent.Events {
		dst = append(dst, "&event="...)
		dst = append(dst, r.Event.String()...)
	}
	if r.IP.IsValid() {
		var buf [48]byte
		dst = append(dst, "&ip="...)
		dst = appendEscaped(dst, r.IP.Unmap().WithZone("").AppendTo(buf[:0]))
	}
	return dst
}

// AppendScrapeQuery appends a query that ParseScrape reads back. Trackers answer for the first few
// dozen hashes only: ask for at most MaxScrapeHashes at a time.
func AppendScrapeQuery(dst []byte, hashes []bittorrent.InfoHash) []byte {
	for i, h := range hashes {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, "info_hash="...)
		dst = appendEscaped(dst, h[:])
	}
	return dst
}
