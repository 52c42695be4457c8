package load

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

// renewAfter is how long a connection ID is used: BEP 15 allows for a minute.
const renewAfter = 50 * time.Second

// checkEvery is how often a client that hears nothing looks for what it must give up.
const checkEvery = 50 * time.Millisecond

// silence is how long nothing may come of a target while its peers announce for the first time.
const silence = 5 * time.Second

// A udpClient has one socket, and a slot for each request that it has out. A transaction ID is the
// number of the slot and how often it was used, so that late answers are told from others.
type udpClient struct {
	opts   Options
	pop    *population
	conn   *net.UDPConn
	wire   *batcher
	peer   int // bytes of a peer in an answer
	id     uint64
	issued time.Time // when id came
	heard  time.Time // when anything came
	slots  []slot
	free   []int // numbers of slots without a request
}

func dialUDP(ctx context.Context, opts Options, target *url.URL, source netip.Addr, pop *population) (*udpClient, error) {
	var d net.Dialer
	if source.IsValid() {
		d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	c, err := d.DialContext(ctx, "udp"+opts.Network, target.Host)
	if err != nil {
		return nil, err
	}
	conn, _ := c.(*net.UDPConn)
	_ = conn.SetReadBuffer(4 << 20) // as much of it as the system gives
	remote, _ := conn.RemoteAddr().(*net.UDPAddr)
	u := &udpClient{opts: opts, pop: pop, conn: conn, peer: 18, slots: make([]slot, opts.Window+1)}
	if remote.IP.To4() != nil {
		u.peer = 6
	}
	if u.wire, err = newBatcher(conn, opts.Window+1); err != nil {
		_ = conn.Close()
		return nil, err
	}
	for i := range u.slots {
		u.slots[i].packet = make([]byte, 0, udpproto.AnnounceRequestLen)
		u.free = append(u.free, i)
	}
	return u, nil
}

func (u *udpClient) close() { _ = u.conn.Close() }

func (u *udpClient) run(ctx context.Context, t *tally, next func() (request, bool), keep bool) error {
	u.reset(time.Now())
	stop := context.AfterFunc(ctx, func() { _ = u.conn.SetReadDeadline(time.Now()) })
	defer stop()
	for more, checked := true, time.Now(); ; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		now := time.Now()
		more = u.fill(t, now, next, more)
		if err := u.wire.flush(); err != nil && !refused(err) {
			return err
		}
		if !more && len(u.free) == len(u.slots) {
			return nil
		}
		_ = u.conn.SetReadDeadline(now.Add(checkEvery))
		n, err := u.wire.read()
		now = time.Now()
		switch {
		case err == nil:
			for i := range n {
				if err := u.receive(t, u.wire.packet(i), now, keep); err != nil {
					return err
				}
			}
			t.done.Store(int64(t.answers))
		case !errors.Is(err, os.ErrDeadlineExceeded) && !refused(err):
			return err
		}
		if now.Sub(checked) >= checkEvery {
			if err := u.giveUp(t, now, keep); err != nil {
				return err
			}
			checked = now
		}
	}
}

// refused reports whether nobody listens at the target. It may come back.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// reset forgets the requests of the last run.
func (u *udpClient) reset(now time.Time) {
	u.heard = now
	u.free = u.free[:0]
	for i := range u.slots {
		u.slots[i].out = false
		u.free = append(u.free, i)
	}
}

// fill sends requests until all slots but one are used, or only a connect when the connection ID is
// old, and reports whether next may have more.
func (u *udpClient) fill(t *tally, now time.Time, next func() (request, bool), more bool) bool {
	if now.Sub(u.issued) > renewAfter {
		if len(u.free) == len(u.slots) { // one at a time, and nothing beside it
			u.send(t, now, slot{connect: true})
		}
		return more
	}
	for more && len(u.free) > 1 {
		var r request
		if r, more = next(); more {
			u.send(t, now, slot{request: r})
		}
	}
	return more
}
