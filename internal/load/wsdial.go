package load

import (
	"bufio"
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455 has it in the handshake, for no secret
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// readBuffer is how much a socket reads at once: about ten relayed messages.
const readBuffer = 16 << 10

// handshakeGUID is appended to a client's key: RFC 6455, section 1.3.
const handshakeGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// A wsDialer opens sockets.
type wsDialer struct {
	network string        // "", "4" or "6"
	timeout time.Duration // of connection and handshake
}

// dial opens a socket to target from source, or from the address that the system chooses. The reader has
// what came after the handshake. The key makes the handshake another one each time.
func (d wsDialer) dial(ctx context.Context, target *url.URL, source netip.Addr, key [16]byte) (net.Conn, *bufio.Reader, error) {
	dialer := net.Dialer{Timeout: d.timeout}
	dialer.KeepAliveConfig.Enable, dialer.KeepAlive = false, -1
	if source.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	address := target.Host
	if target.Port() == "" {
		address = net.JoinHostPort(target.Hostname(), "80")
	}
	conn, err := dialer.DialContext(ctx, "tcp"+d.network, address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(d.timeout))
	in := bufio.NewReaderSize(conn, readBuffer)
	if err := handshake(conn, in, target, base64.StdEncoding.EncodeToString(key[:])); err != nil {
		_ = conn.Close()
		return nil, nil, fmt.Errorf("handshake: %w", err)
	}
	if stop() {
		_ = conn.SetDeadline(time.Time{})
	}
	return conn, in, nil
}

// handshake asks for a WebSocket and judges the answer as RFC 6455, section 4.1, demands.
func handshake(conn net.Conn, in *bufio.Reader, target *url.URL, key string) error {
	path := target.RequestURI()
	_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: starling-bench\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, target.Host, key)
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()                      // of 101 there is none; of another answer nobody reads on
	sum := sha1.Sum([]byte(key + handshakeGUID)) //nolint:gosec // see above
	head := answer.Header
	switch {
	case answer.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("HTTP %s", answer.Status)
	case !strings.EqualFold(head.Get("Upgrade"), "websocket"), !names(head.Values("Connection"), "upgrade"):
		return errors.New("the answer does not upgrade to WebSocket")
	case head.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]):
		return errors.New("the answer is not to our key")
	case head.Get("Sec-WebSocket-Extensions") != "", head.Get("Sec-WebSocket-Protocol") != "":
		return errors.New("the answer has an extension or a protocol that nobody asked for")
	}
	return nil
}

// names reports whether one of the lists, with commas, has the word.
func names(lists []string, word string) bool {
	for _, list := range lists {
		for item := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(item), word) {
				return true
			}
		}
	}
	return false
}
