package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A wsConn is a socket to one tracker.
type wsConn struct {
	conn    *websocket.Conn
	message wsproto.ServerMessage
}

// overWS calls talk with a socket to the tracker.
func overWS(ctx context.Context, u *url.URL, opts Options, talk func(*wsConn) error) error {
	transport, done := opts.transport()
	defer done()
	conn, _, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{ //nolint:bodyclose // Dial leaves nothing to close
		HTTPClient: &http.Client{Transport: upgrades{transport}},
		HTTPHeader: http.Header{"User-Agent": {cmp.Or(opts.UserAgent, "starling")}},
	})
	if err != nil {
		return handshakeError(ctx, err)
	}
	// At once: a handshake of closing would be waited for beyond the end of ctx.
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxBodyBytes)
	return talk(&wsConn{conn: conn})
}

// upgrades refuses at once every response but that of a WebSocket, redirections too: browsers follow none of
// a socket, so a tracker that needs one is of no use to them.
type upgrades struct{ http.RoundTripper }

func (t upgrades) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(req)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode != http.StatusSwitchingProtocols:
		err = &StatusError{Code: resp.StatusCode}
	case !strings.EqualFold(resp.Header.Get("Upgrade"), "websocket"):
		err = errors.New("upgraded to what is no WebSocket")
	default:
		return resp, nil
	}
	_ = resp.Body.Close()
	return nil, err
}

// handshakeError returns what is to be said of a socket that did not come about. The library's own words
// may show the URL, which holds passkeys, and headers of the tracker.
func handshakeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return fmt.Errorf("handshake: %.200s", strings.Map(printable, err.Error()))
}

// roundTrip sends a request and returns the first reply that is to it. What other peers have to say, which
// is relayed unasked and may come before, is let go, and so is what concerns reports to be another's
// matter. The reply is good until the next call.
func (c *wsConn) roundTrip(
	ctx context.Context, request []byte, concerns func(*wsproto.ServerMessage) bool,
) (*wsproto.ServerMessage, error) {
	if err := c.conn.Write(ctx, websocket.MessageText, request); err != nil {
		return nil, socketError(ctx, err)
	}
	for {
		_, data, err := c.conn.Read(ctx)
		if err != nil {
			return nil, socketError(ctx, err)
		}
		m := &c.message
		switch err := wsproto.ParseServer(data, m); {
		case ofAnotherPeer(err):
		case err != nil:
			return nil, fmt.Errorf("reply: %w", err)
		case m.Kind == wsproto.KindOffer || m.Kind == wsproto.KindAnswer || !concerns(m):
		case m.Kind == wsproto.KindFailure:
			return nil, &FailureError{Reason: m.Reason}
		default:
			return m, nil
		}
	}
}

// ofAnotherPeer reports whether an error is of an offer or an answer, which a tracker may relay unread.
func ofAnotherPeer(err error) bool {
	e, _ := errors.AsType[wsproto.Error](err)
	return e == wsproto.ErrPeerID || e == wsproto.ErrOfferID || e == wsproto.ErrOffer || e == wsproto.ErrAnswer
}

// socketError returns what is to be said of a socket that failed.
func socketError(ctx context.Context, err error) error {
	closed, hasCode := errors.AsType[websocket.CloseError](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, websocket.ErrMessageTooBig):
		return fmt.Errorf("reply is longer than %d bytes", maxBodyBytes)
	case hasCode:
		return fmt.Errorf("closed by the tracker: code %d, %q", closed.Code, closed.Reason)
	}
	return fmt.Errorf("socket: %w", err)
}
