package client

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// connectionLifetime is how long a client may use a connection ID (BEP 15, "UDP connections").
const connectionLifetime = time.Minute

// A udpConn is a socket connected to one tracker, and the connection ID it was given.
type udpConn struct {
	conn    net.Conn
	opts    Options
	addrLen int // bytes of an address in compact peers: those of the socket's family

	id   uint64
	idAt time.Time // when id was asked for; zero when there is none

	out, in []byte // packets; what roundTrip returns is part of in
}

// roundTrip sends what appendRequest writes until it is answered, by the schedule of BEP 15. All
// tries of a request share a transaction ID, so a late reply to an early try is as good as any. The
// packet it returns is good until the next call.
func (c *udpConn) roundTrip(
	ctx context.Context, action udpproto.Action, appendRequest func([]byte, udpproto.Header) []byte,
) (packet []byte, err error) {
	connecting, transaction := newTransaction(), newTransaction()
	for try := range c.opts.tries() {
		err = c.connect(ctx, connecting, c.opts.wait(try))
		if err == nil {
			c.out = appendRequest(c.out[:0], udpproto.Header{
				ConnectionID: c.id, Action: action, TransactionID: transaction,
			})
			packet, err = c.exchange(ctx, action, transaction, c.opts.wait(try))
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return packet, err
		}
	}
	return nil, fmt.Errorf("no reply to %d requests: %w", c.opts.tries(), os.ErrDeadlineExceeded)
}

// connect asks for a connection ID unless there is one that is good.
func (c *udpConn) connect(ctx context.Context, transaction uint32, wait time.Duration) error {
	now := c.opts.clock()
	if !c.idAt.IsZero() && now.Sub(c.idAt) < connectionLifetime {
		return nil
	}
	c.out = udpproto.AppendConnectRequest(c.out[:0], transaction)
	packet, err := c.exchange(ctx, udpproto.ActionConnect, transaction, wait)
	if err != nil {
		return err
	}
	id, ok := udpproto.ParseConnectReply(packet)
	if !ok {
		return fmt.Errorf("connect reply of %d bytes is cut short", len(packet))
	}
	c.id, c.idAt = id, now
	return nil
}

// exchange sends c.out and returns the reply to it. Packets of another transaction are replies to
// something that was given up, or guesses of somebody who forges the tracker's address.
func (c *udpConn) exchange(ctx context.Context, action udpproto.Action, transaction uint32, wait time.Duration) ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // after the deadline was set: the end of ctx sets one that must prevail
		return nil, ctx.Err()
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return nil, err
	}
	for {
		n, err := c.conn.Read(c.in)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		packet := c.in[:n]
		got, id, ok := udpproto.ParseReplyHeader(packet)
		switch {
		case !ok || id != transaction:
			continue
		case got == udpproto.ActionError:
			return nil, &FailureError{Reason: udpproto.ErrorText(packet)}
		case got != action:
			return nil, fmt.Errorf("%v answered with %v", action, got)
		}
		return packet, nil
	}
}

// newTransaction returns a number that nobody who does not see our packets can guess.
func newTransaction() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, it says
	return binary.BigEndian.Uint32(b[:])
}
