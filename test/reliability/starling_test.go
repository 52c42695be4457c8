package reliability_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take that always happens in the end.
const patience = 20 * time.Second

// A starling is a running one.
type starling struct {
	http, udp, ops string // addresses

	tb          testing.TB
	cmd         *exec.Cmd
	output      string        // path of its log
	ended       chan struct{} // closed when the process has
	interrupted bool
}

// start starts Starling on free ports and returns when it listens. It must still run when the test ends,
// and then ends in good order, which is a promise of its own.
func start(tb testing.TB, redisURL string, flags ...string) *starling {
	tb.Helper()
	s := launch(tb, redisURL, flags...)
	s.await("listeners", func() error {
		s.readAddresses()
		if s.http == "" || s.udp == "" || s.ops == "" {
			return fmt.Errorf("only http %q, udp %q, ops %q", s.http, s.udp, s.ops)
		}
		return nil
	})
	tb.Cleanup(func() {
		select {
		case <-s.ended:
			if !s.interrupted {
				tb.Errorf("got an end of Starling in the middle, want none:\n%s", s.log())
			}
		default:
		}
		if !s.interrupted { // twice would be once too often
			s.interrupt()
		}
		select {
		case <-s.ended:
			if code := s.cmd.ProcessState.ExitCode(); code != 0 {
				tb.Errorf("got exit code %d in the end, want 0:\n%s", code, s.log())
			}
		case <-time.After(patience):
			tb.Errorf("got no end within %v of SIGTERM", patience)
		}
	})
	return s
}

// interrupt asks Starling to end.
func (s *starling) interrupt() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	s.interrupted = true
}

// launch starts Starling and returns at once.
func launch(tb testing.TB, redisURL string, flags ...string) *starling {
	tb.Helper()
	s := &starling{tb: tb, output: filepath.Join(tb.TempDir(), "log"), ended: make(chan struct{})}
	out, err := os.Create(s.output)
	if err != nil {
		tb.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.Command(program, append([]string{
		"serve", "--redis.url=" + redisURL, "--log.format=json",
		"--http.listen=127.0.0.1:0", "--udp.listen=127.0.0.1:0", "--ops.listen=127.0.0.1:0",
	}, flags...)...)
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = []string{}, out, out
	s.cmd.SysProcAttr = dieWithUs()
	if err := s.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.ended)
	}()
	tb.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
	})
	return s
}

// log returns what Starling has logged.
func (s *starling) log() string {
	text, err := os.ReadFile(s.output)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *starling) readAddresses() {
	for line := range strings.Lines(s.log()) {
		var entry struct{ Msg, Proto, Addr string }
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "listening" {
			continue
		}
		switch entry.Proto {
		case "http":
			s.http = entry.Addr
		case "udp":
			s.udp = entry.Addr
		case "ops":
			s.ops = entry.Addr
		}
	}
}

var opsClient = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get returns the status and body of a path on the operators' port.
func (s *starling) get(path string) (status int, body string, err error) {
	resp, err := opsClient.Get("http://" + s.ops + path)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// awaitReady waits until /readyz says exactly that, and returns how long it took.
func (s *starling) awaitReady(status int, body string) time.Duration {
	s.tb.Helper()
	began := time.Now()
	s.await(fmt.Sprintf("/readyz with %d %q", status, body), func() error {
		if code, got, err := s.get("/readyz"); err != nil || code != status || got != body {
			return fmt.Errorf("it says %d %q, error %w", code, got, err)
		}
		return nil
	})
	return time.Since(began)
}

// await asks until what is asked for is no error, and fails the test when that takes too long.
func (s *starling) await(what string, ask func() error) {
	s.tb.Helper()
	over := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-over:
			s.tb.Fatalf("waiting for %s: %v\n%s", what, err, s.log())
		case <-tick.C:
		}
	}
}

// goroutines returns how many there are in Starling.
func (s *starling) goroutines() int {
	s.tb.Helper()
	_, body, err := s.get("/debug/pprof/goroutine?debug=1")
	text, _, _ := strings.Cut(strings.TrimPrefix(body, "goroutine profile: total "), "\n")
	n, parseErr := strconv.Atoi(text)
	if err != nil || parseErr != nil {
		s.tb.Fatalf("goroutines: %v, %v", err, parseErr)
	}
	return n
}

// rss returns what memory of Starling is resident, in MiB.
func (s *starling) rss() float64 {
	s.tb.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		s.tb.Fatal(err)
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		s.tb.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
