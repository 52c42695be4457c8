package redisconn

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// keepAlive is how often a connection that is silent is asked whether it is still there.
const keepAlive = 30 * time.Second

// dialer returns how connections are made. A server that cannot be reached is a connection that fails as
// soon as it is used, and not an error: of too many errors in a row the client concludes that it need not
// try for a second, and Redis would be back for as long before anybody noticed.
func dialer(config *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	dial := plain.DialContext
	if config != nil {
		dial = (&tls.Dialer{NetDialer: plain, Config: config}).DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			// The client takes the outermost error off, and it is the next that names the address.
			return unreachable{fmt.Errorf("unreachable: %w", err)}, nil //nolint:nilerr // it is told where it is used
		}
		return conn, nil
	}
}

// An unreachable is a connection that could not be made. Whatever needs one fails for the same reason.
type unreachable struct{ err error }

func (u unreachable) Read([]byte) (int, error)         { return 0, u.err }
func (u unreachable) Write([]byte) (int, error)        { return 0, u.err }
func (u unreachable) Close() error                     { return nil }
func (u unreachable) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (u unreachable) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (u unreachable) SetDeadline(time.Time) error      { return nil }
func (u unreachable) SetReadDeadline(time.Time) error  { return nil }
func (u unreachable) SetWriteDeadline(time.Time) error { return nil }
