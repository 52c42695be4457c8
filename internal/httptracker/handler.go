package httptracker

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// page is what a person sees who opens the tracker's address.
const page = "This is a BitTorrent tracker. Torrent clients announce to /announce and scrape /scrape.\n"

// A request is what one request needs, reused from request to request.
type request struct {
	announce httpproto.AnnounceRequest
	peers    swarm.Peers
	hashes   []bittorrent.InfoHash
	stats    []swarm.Stats
	files    []httpproto.ScrapeFile
	body     []byte
}

// requests outlive their goroutines, which net/http has one of for each connection.
var requests = sync.Pool{New: func() any { return new(request) }}

// ServeHTTP answers one request.
func (f *Frontend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if cause := recover(); cause != nil {
			f.metrics.panics.Inc()
			f.log.Error("panic while answering", slog.Any("cause", cause))
			panic(http.ErrAbortHandler) // closes the connection, of which nobody knows the state
		}
	}()
	if f.opts.Upgrade != nil && asksForWebSocket(r.Header["Upgrade"]) {
		f.opts.Upgrade.ServeHTTP(w, r)
		return
	}
	if f.draining.Load() {
		w.Header()["Connection"] = headerClose
	}
	answer := f.route(r)
	switch {
	case answer == nil:
		f.servePage(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "announces and scrapes are GET requests", http.StatusMethodNotAllowed)
	default:
		buffers, _ := requests.Get().(*request)
		buffers.body = answer(f, buffers, r)
		write(w, r, buffers.body)
		requests.Put(buffers)
	}
}

// asksForWebSocket reports whether the protocols of Upgrade (RFC 9110, 7.8) have WebSocket among them.
func asksForWebSocket(lines []string) bool {
	for _, line := range lines {
		for proto := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(proto), "websocket") {
				return true
			}
		}
	}
	return false
}

// An answerer appends the reply to r to the empty body of its buffers.
type answerer func(f *Frontend, buffers *request, r *http.Request) []byte

// route returns what answers r, or nil when r is neither announce nor scrape. The last part of the
// path decides: /announce, /announce.php, //announce, /announce/ and whatever stands before them are
// all in use, and BEP 48 makes a scrape's path of any of them. Of the root the query decides.
func (f *Frontend) route(r *http.Request) answerer {
	path := strings.TrimRight(r.URL.Path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case strings.HasPrefix(last, "announce"):
		return (*Frontend).answerAnnounce
	case strings.HasPrefix(last, "scrape"):
		return (*Frontend).answerScrape
	case path == "" && strings.Contains(r.URL.RawQuery, "info_hash="):
		return (*Frontend).answerAnnounce
	default:
		return nil
	}
}

func (f *Frontend) servePage(w http.ResponseWriter, r *http.Request) {
	if strings.Trim(r.URL.Path, "/") != "" {
		http.NotFound(w, r)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		w.Header()["Content-Type"] = headerText
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		_, _ = w.Write([]byte(page)) // net/http sends no body to HEAD
	case http.MethodOptions:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		w.Header().Set("Content-Length", "0")
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		http.Error(w, "this page is for reading", http.StatusMethodNotAllowed)
	}
}

// caller returns the address that r comes from.
func (f *Frontend) caller(r *http.Request) (netip.Addr, bool) {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	return f.callers.Addr(remote.Addr(), r.Header), true
}
