package client

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/anacrolix/torrent/bencode"
)

// appendPeers reads the bencoded value of peers or peers6: a string of compact peers with addresses
// of addrLen bytes (BEP 23), or a list of dictionaries (BEP 3), whichever came.
func appendPeers(dst []netip.AddrPort, value bencode.Bytes, addrLen int) ([]netip.AddrPort, error) {
	if len(value) == 0 {
		return dst, nil
	}
	if value[0] != 'l' {
		var compact []byte
		if err := bencode.Unmarshal(value, &compact); err != nil {
			return nil, err
		}
		return appendCompact(dst, compact, addrLen)
	}
	var list []struct {
		IP   string `bencode:"ip"`
		Port uint16 `bencode:"port"`
	}
	if err := bencode.Unmarshal(value, &list); err != nil {
		return nil, err
	}
	for _, p := range list {
		// BEP 3 allows host names. To look up what strangers put there is not a client library's place.
		if ip, err := netip.ParseAddr(p.IP); err == nil {
			dst = append(dst, netip.AddrPortFrom(ip.Unmap().WithZone(""), p.Port))
		}
	}
	return dst, nil
}

func appendCompact(dst []netip.AddrPort, compact []byte, addrLen int) ([]netip.AddrPort, error) {
	if len(compact)%(addrLen+2) != 0 {
		return nil, fmt.Errorf("%d bytes of compact peers are no multiple of %d", len(compact), addrLen+2)
	}
	for ; len(compact) > 0; compact = compact[addrLen+2:] {
		ip, _ := netip.AddrFromSlice(compact[:addrLen])
		dst = append(dst, netip.AddrPortFrom(ip.Unmap(), binary.BigEndian.Uint16(compact[addrLen:])))
	}
	return dst, nil
}
