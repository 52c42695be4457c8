package udpproto

import "strings"

// AppendError refuses a request and says why. No NUL ends text: clients show the rest of the
// packet as it is.
func AppendError(dst []byte, transactionID uint32, text string) []byte {
	return append(appendReplyHeader(dst, ActionError, transactionID), text...)
}

// ErrorText returns why a tracker refuses a request, in its own words: any bytes, which are the
// caller's to quote before they reach a terminal or a log. It is empty for packets that are too
// short or another kind of reply.
func ErrorText(packet []byte) string {
	if !isReply(packet, ActionError, replyHeaderLen) {
		return ""
	}
	// opentracker sends the NUL of its C string along (https://erdgeist.org/arts/software/opentracker/).
	return strings.TrimRight(string(packet[replyHeaderLen:]), "\x00")
}
