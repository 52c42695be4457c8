package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/starling-tracker/starling/internal/config"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"starling": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that has to end with an exit code: exits 2 starling --unknown.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("got exit code %d, want %s", got, args[0])
	}
}

// serve starts a tracker that TestMain runs as the program, and returns once it has logged a line.
// Its other lines can be read from the scanner.
func serve(t *testing.T, flags ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // a tracker that hangs is killed
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe)
	cmd.Args = append([]string{"starling", "--http.listen=127.0.0.1:0", "--udp.listen=127.0.0.1:0", "--ops.listen="}, flags...)
	cmd.Env = []string{}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	if !lines.Scan() {
		t.Fatalf("got no line from a tracker that starts: %v", lines.Err())
	}
	return cmd, lines
}

// serving starts a tracker, which ends in good order with the test, and returns the addresses that it
// listens on by protocol once it is ready.
func serving(t *testing.T, flags ...string) (addrs map[string]string) {
	t.Helper()
	cmd, lines := serve(t, flags...)
	addrs = map[string]string{}
	listening := regexp.MustCompile(`msg=listening proto=(\w+) addr=(\S+)`)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=ready") {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			addrs[m[1]] = m[2]
		}
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		for lines.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("got %v, want exit code 0", err)
		}
	})
	return addrs
}

// says runs a command that has to succeed, and returns what it prints.
func says(t *testing.T, args string, environ ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), strings.Fields(args), environ, &stdout, &stderr); code != 0 {
		t.Errorf("starling %s: got exit code %d and %s, want 0", args, code, &stderr)
	}
	return stdout.String()
}

func TestOneSignalStopsInGoodOrder(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		cmd, lines := serve(t)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: got %v, want exit code 0", sig, err)
		}
	}
}

func TestASecondSignalStopsAtOnce(t *testing.T) {
	cmd, lines := serve(t, "--shutdown.drain=1h")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !slices.Contains(said, "starling: second signal (terminated); stopping at once") {
		t.Errorf("got exit code %d and lines %q, want %d and a line that says why", code, said, exitFailed)
	}
}

func TestCommandsTalkToARunningTracker(t *testing.T) {
	addrs := serving(t, "--ops.listen=127.0.0.1:0")
	const hash = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct{ args, want string }{
		{"announce udp://" + addrs["udp"] + " " + hash + " --left=0", "seeders   1"},
		{"announce http://" + addrs["http"] + "/announce " + hash + " --port=7000 --json", `"seeders":1,"leechers":1`},
		{"scrape http://" + addrs["http"] + "/announce " + hash, hash + "  1        1         0"},
		{"swarm " + hash + " --ops=" + addrs["ops"], "1 seeders, 1 leechers"},
	} {
		if got := says(t, tt.args); !strings.Contains(got, tt.want) {
			t.Errorf("starling %s: got\n%swant %q", tt.args, got, tt.want)
		}
	}
}

func TestLogsAreWrittenAsConfigured(t *testing.T) {
	for _, tt := range []struct {
		cfg  config.Log
		want string // how the one line starts
	}{
		{config.Log{Level: "warn", Format: "text"}, "time="},
		{config.Log{Level: "warn", Format: "json"}, `{"time":`},
	} {
		var out bytes.Buffer
		log := newLogger(&out, tt.cfg)
		log.Info("not severe enough")
		log.Warn("severe", slog.String("reason", "test"))
		if got := out.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, tt.want) || !strings.Contains(got, "severe") {
			t.Errorf("%+v: got %q, want one line that starts with %q", tt.cfg, got, tt.want)
		}
	}
}
