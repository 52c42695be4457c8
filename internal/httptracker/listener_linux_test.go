package httptracker_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/starling-tracker/starling/internal/httptracker"
)

func TestASilentConnectionTakesNobodysPlace(t *testing.T) {
	l := start(t, func(opts *httptracker.Options) { opts.MaxConnections = 1 })
	silent, err := net.Dial("tcp", l.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	const request = "GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
	if got := l.send(request); got.StatusCode != http.StatusOK {
		t.Errorf("got %s beside a silent connection, want 200", got.Status)
	}
	if _, err := silent.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	var buf [12]byte
	if _, err := silent.Read(buf[:]); err != nil || string(buf[:]) != "HTTP/1.1 200" {
		t.Errorf("got %q, error %v, want an answer", buf, err)
	}
}
