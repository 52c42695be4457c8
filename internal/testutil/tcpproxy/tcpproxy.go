// Package tcpproxy stands between a client and a server in a test, and makes the way between them worse:
// longer, closed, or open and of no use. It also counts what passes: a burst is a run of a client's bytes with
// none of the server's in between, so one round trip is one burst however many packets it takes.
package tcpproxy

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A Proxy passes connections on to a server. Its methods may be called concurrently.
type Proxy struct {
	Addr string // 127.0.0.1:port, the same for as long as the proxy is there

	tb     testing.TB
	target string
	links  sync.WaitGroup // goroutines
	passed atomic.Int64   // bytes of the server

	mu       sync.Mutex // guards what follows
	listener net.Listener
	conns    map[net.Conn]struct{} // both ends
	delay    time.Duration
	observe  func(burst []byte)
	muted    int // connections that are older than this one bring nothing of the server
	linked   int // connections so far
}

// Start starts a proxy for the server at target that lasts as long as the test.
func Start(tb testing.TB, target string) *Proxy {
	tb.Helper()
	p := &Proxy{Addr: "127.0.0.1:0", tb: tb, target: target, conns: map[net.Conn]struct{}{}}
	p.Accept()
	tb.Cleanup(func() {
		p.Refuse()
		p.links.Wait()
	})
	return p
}

// Delay has all bytes arrive so much later, either way. Bandwidth does not suffer.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Observe has f called with the beginning of each burst of a client, as far as it came in one piece. It is
// called by many goroutines.
func (p *Proxy) Observe(f func(burst []byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.observe = f
}

// Mute has nothing of the server arrive on the connections that there are, which stay open. New ones are as
// good as any.
func (p *Proxy) Mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = p.linked
}

// Passed returns how many bytes of the server have arrived.
func (p *Proxy) Passed() int64 { return p.passed.Load() }

// Refuse closes all connections and has new ones refused, as when no server is running.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for c := range p.conns {
		_ = c.Close()
	}
}

// Accept lets connections in again.
func (p *Proxy) Accept() {
	p.tb.Helper()
	ln, err := new(net.ListenConfig).Listen(p.tb.Context(), "tcp", p.Addr)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Addr, p.listener = ln.Addr().String(), ln
	p.links.Go(func() { p.serve(ln) })
}

func (p *Proxy) serve(ln net.Listener) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		p.links.Go(func() { p.link(client) })
	}
}

// link passes bytes on until one of the ends closes.
func (p *Proxy) link(client net.Conn) {
	defer client.Close() //nolint:errcheck // it has nothing to flush
	server, err := new(net.Dialer).DialContext(p.tb.Context(), "tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // it has nothing to flush
	l := &link{Proxy: p}
	if !p.keep(l, client, server) {
		return
	}
	defer p.drop(client, server)
	var ways sync.WaitGroup
	ways.Go(func() { l.carry(server, client, l.asked) })
	ways.Go(func() { l.carry(client, server, l.answered) })
	ways.Wait()
}

// keep remembers the ends of a link, unless connections are refused by now.
func (p *Proxy) keep(l *link, ends ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.number = p.linked
	p.linked++
	for _, c := range ends {
		p.conns[c] = struct{}{}
	}
	return p.listener != nil
}

func (p *Proxy) drop(ends ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range ends {
		delete(p.conns, c)
	}
}
