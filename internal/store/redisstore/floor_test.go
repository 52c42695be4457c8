package redisstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/starling-tracker/starling/internal/redisconn"
	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// floorDepth is how many announces a pipeline of the floor carries.
const floorDepth = 128

// A recording is the commands of announces in pipelines, as they are sent.
type recording struct {
	mu        sync.Mutex // guards what follows
	on        bool
	pipelines []pipeline
}

type pipeline struct {
	commands  int
	announces int
	text      []byte
}

// recordCommands returns the commands that conn sends while f runs, in pipelines of many announces.
func recordCommands(conn *redisconn.Conn, f func()) *recording {
	r := &recording{on: true}
	conn.AddHook(r)
	f()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	return r
}

// DialHook implements redis.Hook, as do the next two.
func (*recording) DialHook(next redis.DialHook) redis.DialHook { return next }

func (*recording) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (r *recording) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		r.add(cmds)
		return next(ctx, cmds)
	}
}

func (r *recording) add(cmds []redis.Cmder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.on {
		return
	}
	for _, cmd := range cmds {
		last := len(r.pipelines) - 1
		// A member is written once by an announce: there it begins.
		begins := cmd.Name() == "zadd" && len(cmd.Args()) == 4
		if last < 0 || begins && r.pipelines[last].announces == floorDepth {
			r.pipelines = append(r.pipelines, pipeline{})
			last++
		}
		p := &r.pipelines[last]
		p.commands++
		if begins {
			p.announces++
		}
		p.text = fmt.Appendf(p.text, "*%d\r\n", len(cmd.Args()))
		for _, arg := range cmd.Args() {
			text := fmt.Sprint(arg)
			switch arg := arg.(type) {
			case *string:
				text = *arg
			case *int64:
				text = fmt.Sprint(*arg)
			}
			p.text = fmt.Appendf(p.text, "$%d\r\n%s\r\n", len(text), text)
		}
	}
}

// replay sends what was recorded again and again over one connection for as long as length, and returns
// how many announces that were.
func (r *recording) replay(tb testing.TB, server *redistest.Server, length time.Duration) (announces int) {
	tb.Helper()
	conn, err := net.Dial("tcp", server.Addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	replies := bufio.NewReaderSize(conn, 1<<20)
	for end := time.Now().Add(length); time.Now().Before(end); {
		for _, p := range r.pipelines {
			if _, err := conn.Write(p.text); err != nil {
				tb.Fatal(err)
			}
			for range p.commands {
				skipReply(tb, replies)
			}
			announces += p.announces
		}
	}
	return announces
}

// skipReply reads one reply of the protocol RESP.
func skipReply(tb testing.TB, r *bufio.Reader) {
	line, err := r.ReadSlice('\n')
	if err != nil || line[0] == '-' {
		tb.Fatalf("got %q, error %v, want a reply", line, err)
	}
	n, _ := strconv.Atoi(string(line[1 : len(line)-2]))
	switch {
	case n < 0:
	case line[0] == '*':
		for range n {
			skipReply(tb, r)
		}
	case line[0] == '$':
		if _, err := r.Discard(n + 2); err != nil && err != io.EOF {
			tb.Fatal(err)
		}
	}
}

// ownCPUTime returns the CPU time that this process has used.
func ownCPUTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuTime returns the CPU time that Redis has used, as it tells.
func cpuTime(server *redistest.Server) (sum time.Duration) {
	for _, key := range []string{"used_cpu_sys_main_thread", "used_cpu_user_main_thread"} {
		seconds, _ := strconv.ParseFloat(infoOf(server, "cpu", key), 64)
		sum += time.Duration(seconds * float64(time.Second))
	}
	return sum
}

// commands returns how many commands Redis has carried out.
func commandsOf(server *redistest.Server) int {
	n, _ := strconv.Atoi(infoOf(server, "stats", "total_commands_processed"))
	return n
}

// memoryOf returns how many bytes Redis has allocated.
func memoryOf(server *redistest.Server) int {
	n, _ := strconv.Atoi(infoOf(server, "memory", "used_memory"))
	return n
}

func infoOf(server *redistest.Server, section, key string) string {
	for line := range strings.Lines(server.Text("INFO", section)) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
