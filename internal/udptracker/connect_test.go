package udptracker_test

import (
	"bytes"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestAConnectIsAnsweredWithAConnectionID(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.dial(t)
		reply := c.ask([]byte("\x00\x00\x04\x17\x27\x10\x19\x80" + "\x00\x00\x00\x00" + "\xc0\xff\xee\x01"))
		if want := []byte("\x00\x00\x00\x00" + "\xc0\xff\xee\x01"); len(reply) != 16 || !bytes.HasPrefix(reply, want) {
			t.Fatalf("got %x, want 16 bytes that begin with %x", reply, want)
		}
		c.connectionID, _ = udpproto.ParseConnectReply(reply)
		if got := c.scrape(hashA); len(got) != 1 {
			t.Errorf("got %v with the new connection ID, want one entry", got)
		}
		if got := n.value(t, "starling_udp_connects_total"); got != 1 {
			t.Errorf("got %v connects counted, want 1", got)
		}
	})
}

func TestAConnectMayBeLongerThan16BytesAndItsReplyIsNot(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		c := n.dial(t)
		for _, extra := range []int{1, 4, 82, 1400, 8000} {
			packet := udpproto.AppendConnectRequest(nil, c.header().TransactionID)
			reply := c.ask(append(packet, make([]byte, extra)...))
			c.isMine(reply, udpproto.ActionConnect)
			if len(reply) != udpproto.ConnectReplyLen {
				t.Errorf("%d bytes more: got a reply of %d bytes, want %d", extra, len(reply), udpproto.ConnectReplyLen)
			}
		}
	})
}

func TestConnectionIDsOfOneAddressAreTheSameWithinAMinuteForAllItsPorts(t *testing.T) {
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		one, other := n.connected(t), n.connected(t)
		for one.connectionID>>56 != other.connectionID>>56 { // a minute ended in between
			one.connect()
			other.connect()
		}
		if one.connectionID != other.connectionID {
			t.Errorf("got %x and %x, want one ID", one.connectionID, other.connectionID)
		}
	})
}
