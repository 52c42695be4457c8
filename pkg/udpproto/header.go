package udpproto

import "encoding/binary"

// A Header is what the first 16 bytes of every request hold. In a connect request ConnectionID is
// ProtocolID.
type Header struct {
	ConnectionID  uint64
	Action        Action
	TransactionID uint32
}

// ParseHeader reads the header of a request of any kind. It is not ok when packet is too short to
// hold one; an unknown action is the caller's to refuse.
func ParseHeader(packet []byte) (h Header, ok bool) {
	if len(packet) < headerLen {
		return Header{}, false
	}
	return header(packet[:headerLen:headerLen]), true
}

func header(b []byte) Header {
	return Header{
		ConnectionID:  binary.BigEndian.Uint64(b[0:8]),
		Action:        Action(binary.BigEndian.Uint32(b[8:12])),
		TransactionID: binary.BigEndian.Uint32(b[12:16]),
	}
}

func appendHeader(dst []byte, h Header) []byte {
	dst = binary.BigEndian.AppendUint64(dst, h.ConnectionID)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Action))
	return binary.BigEndian.AppendUint32(dst, h.TransactionID)
}

// ParseReplyHeader reads what every reply begins with. It is not ok when packet is shorter than
// that. A client looks here first: a reply to another transaction is none of its business, and any
// request may be answered with ActionError.
func ParseReplyHeader(packet []byte) (a Action, transactionID uint32, ok bool) {
	if len(packet) < replyHeaderLen {
		return 0, 0, false
	}
	b := packet[:replyHeaderLen:replyHeaderLen]
	return Action(binary.BigEndian.Uint32(b[0:4])), binary.BigEndian.Uint32(b[4:8]), true
}

func appendReplyHeader(dst []byte, a Action, transactionID uint32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(a))
	return binary.BigEndian.AppendUint32(dst, transactionID)
}

// isReply is asked by every parser of a reply, so that the text of an error never passes for a
// connection ID or for peers.
func isReply(packet []byte, want Action, length int) bool {
	a, _, ok := ParseReplyHeader(packet)
	return ok && a == want && len(packet) >= length
}
