package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"time"

	trackerclient "github.com/starling-tracker/starling/pkg/client"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// An httpClient has one connection at a time, and one request out.
type httpClient struct {
	opts             Options
	pop              *population
	dialer           net.Dialer
	address          string
	announce, scrape []byte    // the requests' beginnings, up to the query's parameters
	ends             [2][]byte // and their ends, after them: of those that close their connection, and that keep it

	conn    net.Conn // nil: none
	used    bool     // conn has carried a request
	keeps   bool     // conn is for many requests
	in      *bufio.Reader
	request []byte
	body    []byte
}

func newHTTP(_ context.Context, opts Options, target *url.URL, source netip.Addr, pop *population) (*httpClient, error) {
	h := &httpClient{opts: opts, pop: pop, address: target.Host, in: bufio.NewReader(nil)}
	if target.Port() == "" {
		h.address = net.JoinHostPort(target.Hostname(), "80")
	}
	if source.IsValid() {
		h.dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	h.dialer.KeepAliveConfig.Enable, h.dialer.KeepAlive = false, -1
	scrape := target
	if opts.Scrapes > 0 {
		var err error
		if scrape, err = trackerclient.ScrapeURL(target); err != nil {
			return nil, fmt.Errorf("%v: %w", target, err)
		}
	}
	h.announce, h.scrape = begin(target), begin(scrape)
	for i, connection := range []string{"close", "keep-alive"} {
		h.ends[i] = fmt.Appendf(nil, " HTTP/1.1\r\nHost: %s\r\nUser-Agent: starling-bench\r\nConnection: %s\r\n\r\n",
			target.Host, connection)
	}
	return h, nil
}

func begin(u *url.URL) []byte {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		return fmt.Appendf(nil, "GET %s?%s&", path, u.RawQuery)
	}
	return fmt.Appendf(nil, "GET %s?", path)
}

func (h *httpClient) close() {
	if h.conn != nil {
		_ = h.conn.Close()
		h.conn = nil
	}
}

func (h *httpClient) run(ctx context.Context, t *tally, next func() (request, bool), keep bool) error {
	h.keeps = h.opts.KeepAlive || keep // a connection a request only where it counts: it is much slower
	if h.keeps && !h.opts.KeepAlive {
		defer h.close()
	}
	for r, ok := next(); ok; r, ok = next() {
		for heard := time.Now(); ; {
			answered, err := h.ask(ctx, t, r)
			if ended(ctx) {
				h.close()
				return ctx.Err()
			}
			if answered || !keep {
				break
			}
			if err != nil {
				return fmt.Errorf("%s refuses: %w", h.address, err)
			}
			if silent := time.Since(heard); silent > silence+h.opts.Timeout {
				return fmt.Errorf("%s: no answer for %v", h.address, silent.Round(time.Second))
			}
		}
		t.done.Store(int64(t.answers))
	}
	return nil
}

// ask sends one request and counts what becomes of it, unless ctx ends meanwhile. The error is a
// tracker's own refusal.
func (h *httpClient) ask(ctx context.Context, t *tally, r request) (answered bool, refusal error) {
	h.request = h.appendRequest(h.request[:0], r)
	t.sent++
	began := time.Now()
	deadline := began.Add(h.opts.Timeout)
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	a, err := h.exchange(ctx, deadline)
	if errors.Is(err, errStale) {
		a, err = h.exchange(ctx, deadline) // it is not the tracker's fault
	}
	took := time.Since(began)
	if !h.keeps || err != nil || a.close {
		h.close()
	}
	switch {
	case ended(ctx):
		t.sent-- // nobody waited for its answer
		return false, nil
	case isTimeout(err):
		t.gaveUp()
		return false, nil
	case err != nil:
		t.failed(cause(err))
		pause(ctx)
		return false, nil
	}
	peers, err := countPeers(a)
	if err != nil {
		t.failed(err.Error())
		return false, err
	}
	t.answered(r.scrape, peers, a.size, took)
	return true, nil
}

// ended reports whether ctx is done, or is just about to be.
func ended(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(end)
}

// pause keeps a client from asking a tracker that is away as fast as it can.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}

// cause returns the last words of err, which do not tell one connection from another.
func cause(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

func (h *httpClient) appendRequest(dst []byte, r request) []byte {
	m, end := r.member, h.ends[0]
	if h.keeps {
		end = h.ends[1]
	}
	if r.scrape {
		dst = httpproto.AppendScrapeQuery(append(dst, h.scrape...), h.pop.hashes[m.swarm:m.swarm+1])
		return append(dst, end...)
	}
	a := httpproto.AnnounceRequest{
		InfoHash: h.pop.hashes[m.swarm], PeerID: h.pop.peerID(m), Port: h.pop.port(m), Left: h.pop.left(m),
		NumWant: int32(h.opts.NumWant),
	}
	return append(a.AppendQuery(append(dst, h.announce...)), end...)
}
