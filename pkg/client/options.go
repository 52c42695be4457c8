package client

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Options say how to reach a tracker. The zero value suits a patient client.
type Options struct {
	// Network is the address family to use, "4" or "6". Empty means whichever the tracker has.
	Network string

	// Timeout bounds the whole call. Zero means 30 s, and over UDP what Tries and RetryAfter come
	// to.
	Timeout time.Duration

	// RetryAfter is how long the first packet of a UDP exchange waits for its reply; each further
	// try waits twice as long as the one before. Zero means the 15 s of BEP 15.
	RetryAfter time.Duration

	// Tries is how many times a UDP request is sent before the tracker counts as silent. Zero means
	// 4, which takes a few minutes. BEP 15 would try 9 times, for more than two hours.
	Tries int

	// Transport carries the requests over HTTP, and the handshakes of WebSocket. Nil means connections of our own, straight to the
	// tracker, over Network; another transport chooses its network itself.
	Transport http.RoundTripper

	// UserAgent names the client over HTTP and WebSocket. Empty means "starling".
	UserAgent string

	now    func() time.Time                                                      // nil means time.Now
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error) // nil asks the system
}

const httpTimeout = 30 * time.Second

// bound gives ctx the deadline that o sets for a call.
func (o Options) bound(ctx context.Context, scheme string) (context.Context, context.CancelFunc) {
	timeout := o.Timeout
	if timeout == 0 && scheme != "udp" {
		timeout = httpTimeout
	}
	if timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, timeout, timeoutError{timeout})
}

// wait returns how long to wait for a reply to the given try, counted from zero.
func (o Options) wait(try int) time.Duration {
	return cmp.Or(o.RetryAfter, 15*time.Second) << min(try, 8)
}

func (o Options) tries() int { return cmp.Or(max(o.Tries, 0), 4) }

func (o Options) clock() time.Time {
	if o.now != nil {
		return o.now()
	}
	return time.Now()
}

// addresses returns where host is, in the family that o asks for.
func (o Options) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if o.lookup != nil {
		return o.lookup(ctx, "ip"+o.Network, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip"+o.Network, host)
}

// transport returns what carries HTTP requests, and a function to call after the last of them.
func (o Options) transport() (http.RoundTripper, func()) {
	if o.Transport != nil {
		return o.Transport, func() {}
	}
	var dialer net.Dialer
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp"+o.Network, addr)
		},
		MaxResponseHeaderBytes: 64 << 10,
	}
	return t, t.CloseIdleConnections
}
