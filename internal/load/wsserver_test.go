package load_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/starling-tracker/starling/internal/load"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

// A wsTracker relays offers to the others of a swarm, leechers first, and answers back, but for what its
// test says no to. Several handlers may share its swarms, as replicas do.
type wsTracker struct {
	t *testing.T
	// The test's decisions, each of which may be nil; n counts announces, offers or answers from 1.
	onAnnounce func(n int, s *wsSocket, m *wsproto.Message) (done bool)
	onOffer    func(n int) (relay bool)
	onAnswer   func(n int) (relay bool)

	mu                         sync.Mutex // guards the rest
	swarms                     map[bittorrent.InfoHash][]*wsPeer
	announces, offers, answers int
	asked                      []wsAsked
}

type wsPeer struct {
	socket *wsSocket
	id     bittorrent.PeerID
	seeder bool
}

// wsAsked is what a test may know of an announce.
type wsAsked struct {
	event  bittorrent.Event
	left   wsproto.Left
	offers int
	sdp    string
	remote string
}

type wsSocket struct {
	conn   *websocket.Conn
	remote string
}

func (s *wsSocket) send(text []byte) {
	_ = s.conn.Write(context.Background(), websocket.MessageText, text)
}

// serveWS serves a tracker that works as long as the test runs, and returns the URL of one replica.
func serveWS(t *testing.T, tr *wsTracker) string {
	t.Helper()
	tr.t, tr.swarms = t, map[bittorrent.InfoHash][]*wsPeer{}
	return tr.replica()
}

// replica serves the same swarms at another address.
func (tr *wsTracker) replica() string {
	url := serveHTTP(tr.t, func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			tr.t.Errorf("handshake: %v", err)
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(1 << 20)
		s := &wsSocket{conn: conn, remote: req.RemoteAddr}
		for {
			kind, text, err := conn.Read(req.Context())
			if err != nil {
				return
			}
			var m wsproto.Message
			if err := wsproto.Parse(text, &m); err != nil || kind != websocket.MessageText {
				tr.t.Errorf("%.200q: %v", text, err)
				return
			}
			tr.handle(s, &m)
		}
	})
	return "ws" + url[len("http"):]
}

func (tr *wsTracker) handle(s *wsSocket, m *wsproto.Message) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if m.Kind == wsproto.KindAnswer {
		tr.answers++
		if i := slices.IndexFunc(tr.swarms[m.InfoHash], func(p *wsPeer) bool { return p.id == m.ToPeerID }); i < 0 {
			tr.t.Errorf("an answer to %v, who is not there", m.ToPeerID)
		} else if tr.onAnswer == nil || tr.onAnswer(tr.answers) {
			tr.swarms[m.InfoHash][i].socket.send(wsproto.AppendAnswer(nil, m.InfoHash, m.PeerID, m.OfferID, m.Answer))
		}
		return
	}
	tr.announces++
	asked := wsAsked{event: m.Event, left: m.Left, offers: len(m.Offers), remote: s.remote}
	if len(m.Offers) > 0 {
		asked.sdp = string(m.Offers[0].SDP)
	}
	tr.asked = append(tr.asked, asked)
	all := tr.swarms[m.InfoHash]
	at := slices.IndexFunc(all, func(p *wsPeer) bool { return p.id == m.PeerID })
	if at < 0 {
		at = len(all)
		all = append(all, &wsPeer{s, m.PeerID, m.Left == wsproto.LeftZero})
		tr.swarms[m.InfoHash] = all
	}
	if tr.onAnnounce != nil && tr.onAnnounce(tr.announces, s, m) {
		return
	}
	s.send(wsproto.AppendReply(nil, m.InfoHash, 1, 1, 120))
	others := append(slices.Clone(all[at+1:]), all[:at]...)
	slices.SortStableFunc(others, func(a, b *wsPeer) int {
		if a.seeder == b.seeder {
			return 0
		}
		if b.seeder {
			return -1
		}
		return 1
	})
	for i, o := range m.Offers[:min(len(m.Offers), len(others))] {
		tr.offers++
		if tr.onOffer == nil || tr.onOffer(tr.offers) {
			others[i].socket.send(wsproto.AppendOffer(nil, m.InfoHash, m.PeerID, o.ID, o.SDP))
		}
	}
}

// few is a load of browsers that is done at once.
func few(targets ...string) load.WebSocketOptions {
	return load.WebSocketOptions{
		Targets: targets, Sockets: 16, Swarms: 2, Seeders: 0.5, Offers: 3, SDPBytes: 750, Answers: 1, Window: 4,
		Timeout: 10 * time.Second, Length: 100 * time.Millisecond,
	}
}

func runWS(t *testing.T, opts load.WebSocketOptions) load.WebSocketReport {
	t.Helper()
	r, err := load.RunWebSocket(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
