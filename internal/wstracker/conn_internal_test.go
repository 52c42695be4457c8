package wstracker

import (
	"bufio"
	"context"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A recorder notes what is written to it, call by call.
type recorder struct {
	net.Conn
	writes []string
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, string(p))
	return len(p), nil
}
func (r *recorder) SetWriteDeadline(time.Time) error { return nil }

func TestControlFramesAreWrittenWhole(t *testing.T) {
	r := new(recorder)
	c := &conn{Conn: r}
	w := bufio.NewWriterSize(c, writeBuffer) // as the library has it
	w.WriteByte(0x8a)
	w.WriteByte(125)
	w.WriteString(strings.Repeat("x", 125)) // the longest payload there is
	w.Flush()
	if len(r.writes) != 1 || len(r.writes[0]) != 127 {
		t.Errorf("got the writes %q, want one of 127 bytes", r.writes)
	}
}

func TestFramesAreGatheredIntoOneWrite(t *testing.T) {
	r := new(recorder)
	c := &conn{Conn: r}
	c.gather(nil)
	c.Write([]byte("one "))
	c.Write([]byte("two "))
	c.Write(pingFrame)
	if len(r.writes) != 0 {
		t.Errorf("got %q before flush, want nothing", r.writes)
	}
	if buf, err := c.flush(); string(buf) != "one two \x89\x00" || err != nil {
		t.Errorf("got the buffer %q and %v, want what was gathered", buf, err)
	}
	c.Write([]byte("three"))
	if want := "one two \x89\x00|three"; strings.Join(r.writes, "|") != want {
		t.Errorf("got the writes %q, want %q", strings.Join(r.writes, "|"), want)
	}
}

// pair returns both ends of a connection, one below a session.
func pair(t *testing.T) (*conn, net.Conn) {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	theirs, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return &conn{Conn: ours, clock: new(atomic.Uint32)}, theirs
}

func TestAnInterruptEndsAReadWheneverItComes(t *testing.T) {
	for name, begun := range map[string]bool{"between messages": false, "within one": true} {
		for _, early := range []bool{false, true} {
			c, _ := pair(t)
			if begun {
				c.begun()
			}
			if early {
				c.interrupt()
			} else {
				time.AfterFunc(10*time.Millisecond, c.interrupt)
			}
			if _, err := c.Read(make([]byte, 1)); !tookTooLong(err) {
				t.Errorf("%s, early %v: got %v, want %v", name, early, err, os.ErrDeadlineExceeded)
			}
			c.ended()
			if _, err := c.Read(make([]byte, 1)); !tookTooLong(err) {
				t.Errorf("%s, early %v, again: got %v, want %v", name, early, err, os.ErrDeadlineExceeded)
			}
		}
	}
}

func TestAMessageThatTakesTooLongEnds(t *testing.T) {
	c, theirs := pair(t)
	theirs.Write([]byte("x"))
	c.begun()
	c.Read(make([]byte, 1))
	if !c.timed {
		t.Error("got no deadline within a message, want one")
	}
	c.ended()
	theirs.Write([]byte("x"))
	if n, err := c.Read(make([]byte, 1)); n != 1 || c.timed {
		t.Errorf("got %d bytes, %v, deadline %v, want a byte without a deadline", n, err, c.timed)
	}
}

func TestReadingIsLife(t *testing.T) {
	c, theirs := pair(t)
	c.clock.Store(7)
	theirs.Write([]byte("x"))
	c.Read(make([]byte, 1))
	if got := c.heard.Load(); got != 7 {
		t.Errorf("got %d as the last sign of life, want the clock, 7", got)
	}
}
