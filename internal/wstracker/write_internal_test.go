package wstracker

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

func TestAMessageBehindACloseFrameDoesNotCutTheSocketOff(t *testing.T) {
	f := &Frontend{metrics: newMetrics(prometheus.NewRegistry())}
	s := &session{front: f}
	s.out.init(1<<20, &f.metrics.outbox)
	accepted, conns, closed := make(chan *websocket.Conn, 1), make(chan *conn, 1), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up := &upgrade{ResponseWriter: w, clock: &newPulse(time.Second).clock, patience: 10 * time.Second}
		ws, err := websocket.Accept(up, r, nil)
		if err != nil {
			closed <- err
			return
		}
		accepted <- ws
		conns <- up.conn
		closed <- ws.Close(websocket.StatusMessageTooBig, "") // as the library does by itself
	}))
	defer server.Close()

	client, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	io.WriteString(client, "GET / HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	from := bufio.NewReader(client)
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	frame := make([]byte, 4)
	if _, err := io.ReadFull(from, frame); err != nil || string(frame) != "\x88\x02\x03\xf1" {
		t.Fatalf("got %x, %v, want a close frame of 1009", frame, err)
	}
	s.ws, s.conn = <-accepted, <-conns
	if s.out.put(&message{kind: other, body: []byte("{}")}) {
		s.write()
	}
	client.Write([]byte("\x88\x82\x00\x00\x00\x00\x03\xf1"))
	if err := <-closed; err != nil || ending(s.why.Load()) != open {
		t.Errorf("got %v and the ending %q, want the close answered, and its reason the reader's to say", err, endingNames[s.why.Load()])
	}
}
