package redistest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Fake is a server that passes for a Redis of any version and time and keeps nothing: what a real one cannot
// be asked to be. It refuses the commands that write. Its functions may be called concurrently.
type Fake struct {
	Version func() string // nil: the oldest that will do
	Exists  func() string // what it replies to EXISTS, without the end of the line; nil: that there is none
	Ahead   time.Duration // what its clock is ahead of this machine's
}

// Old is the version of a Redis that lacks sharded pub/sub.
func Old() string { return "6.2.14" }

// Start serves until the test is over.
func (f Fake) Start(tb testing.TB) (url string) {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	over := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { f.serve(conn) })
			serving.Go(func() {
				<-over
				_ = conn.Close()
			})
		}
	})
	tb.Cleanup(func() {
		_ = ln.Close()
		close(over)
		serving.Wait()
	})
	return "redis://" + ln.Addr().String()
}

func (f Fake) serve(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // nothing is written that could be lost
	in := bufio.NewReader(conn)
	for {
		name, err := readCommand(in)
		if err != nil {
			return
		}
		if _, err := io.WriteString(conn, f.reply(name)+"\r\n"); err != nil {
			return
		}
	}
}

// reply returns the reply to a command, without the end of its last line.
func (f Fake) reply(name string) string {
	switch name {
	case "info":
		version := "7.0.0"
		if f.Version != nil {
			version = f.Version()
		}
		text := "# Server\r\nredis_version:" + version + "\r\n"
		return fmt.Sprintf("$%d\r\n%s", len(text), text)
	case "exists":
		if f.Exists != nil {
			return f.Exists()
		}
		return ":0"
	case "client":
		return "+OK"
	case "time":
		second := strconv.FormatInt(time.Now().Add(f.Ahead).Unix(), 10)
		return fmt.Sprintf("*2\r\n$%d\r\n%s\r\n$1\r\n0", len(second), second)
	default:
		return "-ERR unknown command"
	}
}

// readCommand reads a command and returns its name.
func readCommand(in *bufio.Reader) (name string, err error) {
	var words int
	if _, err := fmt.Fscanf(in, "*%d\r\n", &words); err != nil {
		return "", err
	}
	for i := range words {
		var size int
		if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
			return "", err
		}
		word := make([]byte, size+len("\r\n"))
		if _, err := io.ReadFull(in, word); err != nil {
			return "", err
		}
		if i == 0 {
			name = strings.ToLower(string(word[:size]))
		}
	}
	return name, nil
}
