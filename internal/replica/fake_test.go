package replica_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/starling-tracker/starling/internal/redisconn"
)

// A fake is a Redis of any version and time that knows little else.
type fake struct {
	version func() string
	ahead   time.Duration
	exists  func() string // its reply; zero: there is none
}

// start serves until the test is over.
func (f fake) start(t *testing.T) (url string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		wg.Wait()
	})
	return "redis://" + ln.Addr().String()
}

func (f fake) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	for {
		name, err := readCommand(in)
		if err != nil {
			return
		}
		switch name {
		case "info":
			text := "# Server\r\nredis_version:" + f.version() + "\r\n"
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(text), text)
		case "exists":
			reply := ":0"
			if f.exists != nil {
				reply = f.exists()
			}
			fmt.Fprint(conn, reply+"\r\n")
		case "client":
			fmt.Fprint(conn, "+OK\r\n")
		case "time":
			second := strconv.FormatInt(time.Now().Add(f.ahead).Unix(), 10)
			fmt.Fprintf(conn, "*2\r\n$%d\r\n%s\r\n$1\r\n0\r\n", len(second), second)
		default:
			fmt.Fprint(conn, "-ERR unknown command\r\n")
		}
	}
}

// readCommand reads a command and returns its name.
func readCommand(in *bufio.Reader) (name string, err error) {
	var n int
	if _, err := fmt.Fscanf(in, "*%d\r\n", &n); err != nil {
		return "", err
	}
	for i := range n {
		var size int
		if _, err := fmt.Fscanf(in, "$%d\r\n", &size); err != nil {
			return "", err
		}
		word := make([]byte, size+2)
		for read := 0; read < len(word); {
			m, err := in.Read(word[read:])
			if err != nil {
				return "", err
			}
			read += m
		}
		if i == 0 {
			name = strings.ToLower(string(word[:size]))
		}
	}
	return name, nil
}

func old() string { return "6.2.14" }

func fresh() string { return "7.0.0" }

func TestAnOldRedisEndsRun(t *testing.T) {
	r := run(t, fake{version: old}.start(t), newPrefix())
	if err := r.failure(t); !errors.Is(err, redisconn.ErrVersion) || r.hasJoined() {
		t.Errorf("got error %v, want one of the version", err)
	}
}

func TestAnOldRedisThatReplacesANewOneEndsRun(t *testing.T) {
	var probes, versions atomic.Int64
	f := fake{
		version: func() string {
			if versions.Add(1) == 1 {
				return fresh()
			}
			return old()
		},
		exists: func() string {
			if probes.Add(1) == 3 {
				return "-LOADING"
			}
			return ":0"
		},
	}
	if err := run(t, f.start(t), newPrefix()).failure(t); !errors.Is(err, redisconn.ErrVersion) {
		t.Errorf("got error %v, want one of the version", err)
	}
	if got := probes.Load(); got != 3 {
		t.Errorf("got the end after %d probes, want it with the one that was refused", got)
	}
}

func TestALongGapIsToldOfOnce(t *testing.T) {
	var probes atomic.Int64
	f := fake{version: fresh, exists: func() string {
		if probes.Add(1) <= 5 {
			return "-LOADING"
		}
		return ":0"
	}}
	r := run(t, f.start(t), newPrefix())
	r.log.await(t, "redis is back")
	for text, want := range map[string]int{"redis is away": 1, "LOADING": 1, "redis is back": 1} {
		if got := r.log.count(text); got != want {
			t.Errorf("got %d lines %q of five probes that failed, want %d", got, text, want)
		}
	}
}

func TestAClockThatIsFarOffIsWarnedOf(t *testing.T) {
	for _, ahead := range []time.Duration{-time.Hour, time.Hour} {
		r := run(t, fake{version: fresh, ahead: ahead}.start(t), newPrefix())
		r.log.await(t, "could not be kept")
		r.end(t)
		if got := r.log.count("clock differs"); got != 1 {
			t.Errorf("%v ahead: got %d warnings of the clock, want one", ahead, got)
		}
		if got := gauge(t, r, "starling_redis_clock_skew_seconds"); got < ahead.Seconds()-2 || got > ahead.Seconds()+2 {
			t.Errorf("got a skew of %v s, want %v s", got, ahead.Seconds())
		}
	}
}

func TestHeartbeatsThatFailAreToldOfOnceAndNobodyJoins(t *testing.T) {
	var probes atomic.Int64
	f := fake{version: fresh, exists: func() string {
		probes.Add(1)
		return ":0"
	}}
	r := run(t, f.start(t), newPrefix())
	r.log.await(t, "could not be kept")
	for tick := time.Tick(10 * time.Millisecond); probes.Load() < 5; {
		<-tick
	}
	r.end(t)
	if got := r.log.count("could not be kept"); got != 1 {
		t.Errorf("got %d lines of heartbeats that failed, want one", got)
	}
	if r.hasJoined() {
		t.Error("got it joined, want it to wait until a heartbeat succeeds")
	}
}

// gauge returns the value of a gauge without labels.
func gauge(t *testing.T, r *running, name string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var metric *dto.Metric
	for _, f := range families {
		if f.GetName() == name {
			metric = f.GetMetric()[0]
		}
	}
	if metric == nil {
		t.Fatalf("there is no %s", name)
	}
	return metric.GetGauge().GetValue()
}
