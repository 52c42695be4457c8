package tcpproxy_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/starling-tracker/starling/internal/testutil/tcpproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startEcho starts a server that answers each line with itself.
func startEcho(t *testing.T) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewScanner(conn); in.Scan(); {
					fmt.Fprintln(conn, in.Text())
				}
			}()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
	})
	return ln.Addr().String()
}

// ask sends lines in one write, reads as many, and returns how long that took.
func ask(conn net.Conn, lines int) (time.Duration, error) {
	began := time.Now()
	for range lines {
		if _, err := io.WriteString(conn, "x\n"); err != nil {
			return 0, err
		}
	}
	_, err := io.ReadFull(conn, make([]byte, 2*lines))
	return time.Since(began), err
}

func dial(t *testing.T, p *tcpproxy.Proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func TestDelayIsLatencyEitherWayAndNotBandwidth(t *testing.T) {
	p := tcpproxy.Start(t, startEcho(t))
	conn := dial(t, p)
	const delay = 100 * time.Millisecond
	p.Delay(delay)
	took, err := ask(conn, 50)
	if err != nil || took < 2*delay || took > 8*delay {
		t.Errorf("got 50 lines and error %v after %v, want them after %v and little more", err, took, 2*delay)
	}
	p.Delay(0)
	if took, err := ask(conn, 1); err != nil || took > delay {
		t.Errorf("without delay: got error %v after %v, want an answer at once", err, took)
	}
}

func TestABurstIsARoundTrip(t *testing.T) {
	p := tcpproxy.Start(t, startEcho(t))
	var bursts atomic.Int64
	p.Observe(func([]byte) { bursts.Add(1) })
	conn := dial(t, p)
	for range 10 {
		if _, err := ask(conn, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := bursts.Load(); got != 10 {
		t.Errorf("got %d bursts, want 10", got)
	}
}

func TestRefusedConnectionsAreLetInAgain(t *testing.T) {
	p := tcpproxy.Start(t, startEcho(t))
	conn := dial(t, p)
	if _, err := ask(conn, 1); err != nil {
		t.Fatal(err)
	}
	p.Refuse()
	if _, err := ask(conn, 1); err == nil {
		t.Error("got an answer on a connection that should be closed")
	}
	if c, err := net.Dial("tcp", p.Addr); err == nil {
		c.Close()
		t.Error("got a connection where it should be refused")
	}
	p.Accept()
	if _, err := ask(dial(t, p), 1); err != nil {
		t.Errorf("got error %v, want an answer again", err)
	}
}

func TestAMutedConnectionStaysOpenAndSaysNothing(t *testing.T) {
	p := tcpproxy.Start(t, startEcho(t))
	old := dial(t, p)
	if _, err := ask(old, 1); err != nil {
		t.Fatal(err)
	}
	p.Mute()
	old.SetDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := ask(old, 1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got error %v, want none but that nothing came", err)
	}
	if _, err := ask(dial(t, p), 5); err != nil {
		t.Errorf("a new connection: got error %v", err)
	}
	if got, want := p.Passed(), int64(2+10); got != want {
		t.Errorf("got %d bytes that have arrived, want %d", got, want)
	}
}
