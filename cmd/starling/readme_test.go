package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil/redistest"
)

// TestTheCommandsOfTheREADMEWork runs each command of the README that calls the program, against a
// tracker whose ports stand in for the default ones.
func TestTheCommandsOfTheREADMEWork(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	redis := redistest.Start(t).URL()
	addrs := serving(t, "--ops.listen=127.0.0.1:0", "--redis.url="+redis)
	ran := 0
	for _, m := range regexp.MustCompile(`(?m)^\$ bin/starling (.*)$`).FindAllStringSubmatch(string(page), -1) {
		line := strings.ReplaceAll(m[1], "http://127.0.0.1:6969", "http://"+addrs["http"])
		line = strings.ReplaceAll(line, "udp://127.0.0.1:6969", "udp://"+addrs["udp"])
		line = strings.ReplaceAll(line, "ws://127.0.0.1:6969", "ws://"+addrs["http"])
		args := strings.Fields(strings.ReplaceAll(line, "redis://127.0.0.1:6379", redis))
		switch {
		case strings.HasPrefix(args[0], "--"): // a tracker, which could run
			args = append([]string{"config", "check"}, args...)
		case args[0] == "swarm" && len(args) == 2:
			args = append(args, "--ops="+addrs["ops"])
		}
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != 0 || stdout.Len() == 0 {
			t.Errorf("starling %s: got exit code %d, output %q, errors %q", m[1], code, &stdout, &stderr)
		}
		ran++
	}
	if ran < 10 {
		t.Errorf("got %d commands in the README, want the client's and the configuration's", ran)
	}
}
