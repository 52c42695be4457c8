package load

import (
	"fmt"
	"strings"
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// receive counts one packet. An error packet is an error when all must be answered.
func (u *udpClient) receive(t *tally, packet []byte, now time.Time, keep bool) error {
	action, transactionID, ok := udpproto.ParseReplyHeader(packet)
	n := int(transactionID & (1<<slotBits - 1))
	if !ok || n >= len(u.slots) || !u.slots[n].out || u.slots[n].transactionID != transactionID {
		t.late++
		return nil
	}
	s := &u.slots[n]
	u.heard = now
	switch size := len(packet); {
	case action == udpproto.ActionError:
		text := udpproto.ErrorText(packet)
		t.failed(text)
		if keep {
			return fmt.Errorf("%v refuses: %q", u.conn.RemoteAddr(), text)
		}
		if strings.Contains(strings.ToLower(text), "connection") {
			u.issued = time.Time{} // the connection ID is no longer good, as after a restart
		}
	case s.connect && action == udpproto.ActionConnect && size >= udpproto.ConnectReplyLen:
		u.id, _ = udpproto.ParseConnectReply(packet)
		u.issued = now
	case s.announces() && action == udpproto.ActionAnnounce && size >= udpproto.AnnounceReplyLen:
		t.answered(false, (size-udpproto.AnnounceReplyLen)/u.peer, size, now.Sub(s.sent))
	case s.scrapes() && action == udpproto.ActionScrape && size >= udpproto.ScrapeReplyLen+udpproto.ScrapeEntryLen:
		t.answered(true, 0, size, now.Sub(s.sent))
	default:
		t.failed("answer that is none to the request")
		if keep {
			return fmt.Errorf("%v: %v of %d bytes is no answer to the request", u.conn.RemoteAddr(), action, size)
		}
	}
	s.out = false
	u.free = append(u.free, n)
	return nil
}

// giveUp looks for requests that were out for too long, and asks them again when all must be
// answered. Then it is an error to have heard nothing for long.
func (u *udpClient) giveUp(t *tally, now time.Time, keep bool) error {
	if silent := now.Sub(u.heard); keep && silent > silence+u.opts.Timeout {
		return fmt.Errorf("%v: no answer for %v", u.conn.RemoteAddr(), silent.Round(time.Second))
	}
	for n := range u.slots {
		s := &u.slots[n]
		if !s.out || now.Sub(s.sent) < u.opts.Timeout {
			continue
		}
		t.gaveUp()
		if keep || s.connect {
			u.again(t, now, n)
			continue
		}
		s.out = false
		u.free = append(u.free, n)
	}
	return nil
}
