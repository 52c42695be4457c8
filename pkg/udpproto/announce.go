package udpproto

import (
	"encoding/binary"

	"github.com/starling-tracker/starling/pkg/bittorrent"
)

// An AnnounceRequest is the fixed part of an announce, as the client wrote it. Nothing in it is
// clamped or believed yet.
type AnnounceRequest struct {
	Header
	InfoHash bittorrent.InfoHash
	PeerID   bittorrent.PeerID

	Downloaded uint64 // bytes, as are the next two
	Left       uint64
	Uploaded   uint64

	Event   bittorrent.Event
	IP      uint32 // 0 is the datagram's source, and most trackers read anything else so too
	Key     uint32 // the same in the announces of one client over IPv4 and IPv6
	NumWant int32  // below 0: as many as the tracker likes
	Port    uint16
}

// Parse fills r, its Header included, from packet, and returns the BEP 41 options behind it
// unread: AppendURLData reads them. An unknown event is read as None. When packet is too short
// Parse is not ok and leaves r as it was.
func (r *AnnounceRequest) Parse(packet []byte) (options []byte, ok bool) {
	if len(packet) < AnnounceRequestLen {
		return nil, false
	}
	b := packet[:AnnounceRequestLen:AnnounceRequestLen] // one bounds check for all reads below
	r.Header = header(b)
	r.InfoHash = bittorrent.InfoHash(b[16:36])
	r.PeerID = bittorrent.PeerID(b[36:56])
	r.Downloaded = binary.BigEndian.Uint64(b[56:64])
	r.Left = binary.BigEndian.Uint64(b[64:72])
	r.Uploaded = binary.BigEndian.Uint64(b[72:80])
	r.Event = bittorrent.None
	if e := binary.BigEndian.Uint32(b[80:84]); e < bittorrent.Events { // all 32 bits, or 257 completes a download
		r.Event = bittorrent.Event(e)
	}
	r.IP = binary.BigEndian.Uint32(b[84:88])
	r.Key = binary.BigEndian.Uint32(b[88:92])
	r.NumWant = int32(binary.BigEndian.Uint32(b[92:96]))
	r.Port = binary.BigEndian.Uint16(b[96:98])
	return packet[AnnounceRequestLen:len(packet):len(packet)], true
}

// Append writes r, as an announce whatever r.Action says. AppendURLOptions may follow.
func (r *AnnounceRequest) Append(dst []byte) []byte {
	dst = appendHeader(dst, Header{r.ConnectionID, ActionAnnounce, r.TransactionID})
	dst = append(dst, r.InfoHash[:]...)
	dst = append(dst, r.PeerID[:]...)
	dst = binary.BigEndian.AppendUint64(dst, r.Downloaded)
	dst = binary.BigEndian.AppendUint64(dst, r.Left)
	dst = binary.BigEndian.AppendUint64(dst, r.Uploaded)
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.Event))
	dst = binary.BigEndian.AppendUint32(dst, r.IP)
	dst = binary.BigEndian.AppendUint32(dst, r.Key)
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.NumWant))
	return binary.BigEndian.AppendUint16(dst, r.Port)
}

// An AnnounceReply is the fixed part of the answer to an announce. Interval is in seconds.
type AnnounceReply struct { //nolint:recvcheck // written as a literal, read into a variable
	TransactionID, Interval, Leechers, Seeders uint32
}

// Append writes r. The peers are the caller's to append: 6 bytes each when the request came over
// IPv4, 18 over IPv6, an address and a port in network byte order.
func (r AnnounceReply) Append(dst []byte) []byte {
	dst = appendReplyHeader(dst, ActionAnnounce, r.TransactionID)
	dst = binary.BigEndian.AppendUint32(dst, r.Interval)
	dst = binary.BigEndian.AppendUint32(dst, r.Leechers)
	return binary.BigEndian.AppendUint32(dst, r.Seeders)
}

// Parse fills r and returns the peers behind it unread, as Append leaves them to its caller; a
// part of a peer may be at their end. When packet is too short or another kind of reply, Parse is
// not ok and leaves r as it was.
func (r *AnnounceReply) Parse(packet []byte) (peers []byte, ok bool) {
	if !isReply(packet, ActionAnnounce, AnnounceReplyLen) {
		return nil, false
	}
	b := packet[:AnnounceReplyLen:AnnounceReplyLen]
	r.TransactionID = binary.BigEndian.Uint32(b[4:8])
	r.Interval = binary.BigEndian.Uint32(b[8:12])
	r.Leechers = binary.BigEndian.Uint32(b[12:16])
	r.Seeders = binary.BigEndian.Uint32(b[16:20])
	return packet[AnnounceReplyLen:len(packet):len(packet)], true
}
