package redisconn

import (
	"context"
	"net"
	"time"
)

// keepAlive is how often a connection that is silent is asked whether it is still there.
const keepAlive = 30 * time.Second

// A dial makes connections.
type dial func(ctx context.Context, network, addr string) (net.Conn, error)

// plain returns a dial without TLS.
func plain() dial {
	return (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext
}

// untold returns a dial that knows no errors. A server that cannot be reached is a connection that fails as
// soon as it is used, and not an error: of too many errors in a row the client concludes that it need not
// try for a second, and Redis would be back for as long before anybody noticed.
func (d dial) untold(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d(ctx, network, addr)
	if err != nil {
		return unreachable{reason{err}}, nil //nolint:nilerr // it is told where it is used
	}
	return conn, nil
}

// An unreachable is a connection that could not be made. Whatever needs one fails for the same reason.
type unreachable struct{ reason }

func (u unreachable) Read([]byte) (int, error)         { return 0, u.reason }
func (u unreachable) Write([]byte) (int, error)        { return 0, u.reason }
func (u unreachable) Close() error                     { return nil }
func (u unreachable) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (u unreachable) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (u unreachable) SetDeadline(time.Time) error      { return nil }
func (u unreachable) SetReadDeadline(time.Time) error  { return nil }
func (u unreachable) SetWriteDeadline(time.Time) error { return nil }

// A reason reads as the error in it. Of what goes wrong with a new connection the client passes on what
// errors.Unwrap returns, which would be the reason without the address.
type reason struct{ error }

func (r reason) Unwrap() error { return r.error }
