package load

import (
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// A slot is a request that is out.
type slot struct {
	request request
	connect bool
	out     bool
	sent    time.Time
	packet  []byte

	transactionID uint32
}

func (s *slot) announces() bool { return !s.connect && !s.request.scrape }

func (s *slot) scrapes() bool { return !s.connect && s.request.scrape }

// slotBits is how much of a transaction ID is the number of the slot.
const slotBits = 12

// send makes the packet of s and puts it into the batch.
func (u *udpClient) send(t *tally, now time.Time, s slot) {
	n := u.free[len(u.free)-1]
	u.free = u.free[:len(u.free)-1]
	dst := &u.slots[n]
	dst.request, dst.connect, dst.out = s.request, s.connect, true
	u.again(t, now, n)
}

// again sends what the slot holds, by a new transaction ID.
func (u *udpClient) again(t *tally, now time.Time, n int) {
	s := &u.slots[n]
	s.transactionID = (s.transactionID>>slotBits+1)<<slotBits | uint32(n)
	s.sent = now
	if !s.connect {
		t.sent++
	}
	s.packet = u.appendRequest(s.packet[:0], s)
	u.wire.write(s.packet)
}

func (u *udpClient) appendRequest(dst []byte, s *slot) []byte {
	header := udpproto.Header{ConnectionID: u.id, TransactionID: s.transactionID}
	m := s.request.member
	switch {
	case s.connect:
		return udpproto.AppendConnectRequest(dst, s.transactionID)
	case s.request.scrape:
		return udpproto.AppendScrapeRequest(dst, header, u.pop.hashes[m.swarm:m.swarm+1])
	}
	a := udpproto.AnnounceRequest{
		Header: header, InfoHash: u.pop.hashes[m.swarm], PeerID: u.pop.peerID(m), Left: u.pop.left(m),
		Key: uint32(m.peer), NumWant: int32(u.opts.NumWant), Port: u.pop.port(m),
	}
	return a.Append(dst)
}
