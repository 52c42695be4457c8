package udpproto

import "encoding/binary"

// AppendConnectRequest asks for a connection ID.
func AppendConnectRequest(dst []byte, transactionID uint32) []byte {
	return appendHeader(dst, Header{ProtocolID, ActionConnect, transactionID})
}

// AppendConnectReply grants connectionID. The reply is no longer than any request for it, so that
// requests with a forged source make no flood of a trickle.
func AppendConnectReply(dst []byte, transactionID uint32, connectionID uint64) []byte {
	dst = appendReplyHeader(dst, ActionConnect, transactionID)
	return binary.BigEndian.AppendUint64(dst, connectionID)
}

// ParseConnectReply reads the connection ID. It is not ok when packet is too short or another kind
// of reply.
func ParseConnectReply(packet []byte) (connectionID uint64, ok bool) {
	if !isReply(packet, ActionConnect, ConnectReplyLen) {
		return 0, false
	}
	return binary.BigEndian.Uint64(packet[8:16]), true
}
