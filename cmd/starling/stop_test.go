package main

import (
	"regexp"
	"syscall"
	"testing"

	"github.com/starling-tracker/starling/internal/testutil"
)

const announceTarget = "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=6881"

// TestSIGTERMLosesNoRequest stops the program while clients announce to it.
func TestSIGTERMLosesNoRequest(t *testing.T) {
	listening := regexp.MustCompile(`msg=listening proto=http addr=(\S+)`)
	for _, drain := range []string{"0s", "200ms"} {
		cmd, lines := serve(t, "--shutdown.drain="+drain)
		var addr string
		for addr == "" && lines.Scan() {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				addr = m[1]
			}
		}
		clients := testutil.Announcers{Addr: addr, Target: announceTarget, KeepAlive: true}
		clients.Start(10)
		if err := clients.Await(t.Context(), 300); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("drain %s: got %v, want exit code 0", drain, err)
		}
		if lost := clients.Wait(); lost != 0 {
			t.Errorf("drain %s: got %d requests without a reply, want none", drain, lost)
		}
	}
}
