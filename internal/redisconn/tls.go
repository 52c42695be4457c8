package redisconn

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
)

// encrypted returns a dial with TLS. Each server has to show a certificate for the host that it is called
// by: the one in the URL, or what Sentinels or a Cluster say.
func encrypted(files Files) dial {
	through := plain()
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := through(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		secured, err := handshake(ctx, conn, addr, files)
		if err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("tls with %s: %w", addr, err)
		}
		return secured, nil
	}
}

func handshake(ctx context.Context, conn net.Conn, addr string, files Files) (*encryptedConn, error) {
	config, err := files.config()
	if err != nil {
		return nil, err
	}
	if config.ServerName, _, err = net.SplitHostPort(addr); err != nil {
		return nil, err
	}
	c := new(encryptedConn)
	if len(config.Certificates) == 0 {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.owing.Store(true)
			return new(tls.Certificate), nil // none; the server may do without
		}
	}
	c.Conn = tls.Client(conn, config)
	err = c.HandshakeContext(ctx)
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return nil, fmt.Errorf("%w; redis.ca_file says who is trusted", err)
	}
	return c, err
}

// An encryptedConn is a connection with TLS.
type encryptedConn struct {
	*tls.Conn
	owing atomic.Bool // the server asked for a certificate, there was none, and it has not answered yet
}

// errOwing is part of why a server does not answer that asked for a certificate. It says so itself, but may
// have closed the connection before that can be read.
var errOwing = errors.New("the server asks for a certificate, which redis.cert_file and redis.key_file would be")

func (c *encryptedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.owing.Load() {
		c.owing.Store(false)
	}
	return n, c.explain(err)
}

func (c *encryptedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.explain(err)
}

func (c *encryptedConn) explain(err error) error {
	if err == nil || !c.owing.Load() {
		return err
	}
	return reason{fmt.Errorf("tls with %s: %w (%w)", c.RemoteAddr(), err, errOwing)}
}

// SyscallConn lets the client look at the socket, as it does before it uses a connection that lay idle, to
// see whether the server has closed it. With protocol 2 no server speaks first, so whatever is there to be
// read is the end.
func (c *encryptedConn) SyscallConn() (syscall.RawConn, error) {
	socket, ok := c.NetConn().(syscall.Conn)
	if !ok {
		return nil, errNoSocket
	}
	return socket.SyscallConn()
}

var errNoSocket = errors.New("no socket")
