package reliability_test

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/anacrolix/torrent/bencode"

	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/httpproto"
)

// httpClients are clients over HTTP, which keep their connections.
type httpClients struct {
	url    string
	client *http.Client
}

func newHTTPClients(addr string) *httpClients {
	return &httpClients{"http://" + addr + "/announce?", &http.Client{
		Timeout:   giveUp,
		Transport: &http.Transport{MaxIdleConnsPerHost: 4096, DisableCompression: true},
	}}
}

func (p *httpClients) take() (announcer, error) { return p, nil }
func (p *httpClients) put(announcer)            {}
func (p *httpClients) close()                   { p.client.CloseIdleConnections() }

func (p *httpClients) announce(h bittorrent.InfoHash, port uint16) outcome {
	query := (&httpproto.AnnounceRequest{
		InfoHash: h, PeerID: bittorrent.PeerID{'-', 'R', 'E'}, Port: port, Left: 1, Event: bittorrent.Started, NumWant: 50,
	}).AppendQuery([]byte(p.url))
	o := outcome{sent: time.Now()}
	resp, err := p.client.Get(string(query))
	if err != nil {
		o.verdict, o.complaint = unanswered, err.Error()
		return o
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.verdict, o.complaint = unanswered, err.Error()
		return o
	}
	var reply struct {
		Failure    string `bencode:"failure reason"`
		Interval   int    `bencode:"interval"`
		RetryIn    any    `bencode:"retry in"`
		Complete   int    `bencode:"complete"`
		Incomplete int    `bencode:"incomplete"`
		Peers      string `bencode:"peers"`
	}
	err = bencode.Unmarshal(body, &reply)
	interval := time.Duration(reply.Interval) * time.Second
	friendly := reply.Failure == swarm.Unavailable.Sentence() || reply.Failure == swarm.Busy.Sentence()
	switch {
	case err != nil || resp.StatusCode != http.StatusOK:
		o.verdict, o.complaint = wrong, fmt.Sprintf("got status %d and %q over HTTP, want a reply", resp.StatusCode, body)
	case friendly && interval >= time.Minute && interval <= 10*time.Minute && reply.RetryIn != nil:
		o.verdict = refused
	case reply.Failure != "":
		o.verdict, o.complaint = wrong, fmt.Sprintf("got %q over HTTP, want a friendly refusal with an interval of minutes", body)
	default:
		o.members, o.peers = reply.Complete+reply.Incomplete, []byte(reply.Peers)
	}
	return o
}
