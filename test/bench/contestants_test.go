//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContestantsTakeTheLoadsTheyCan(t *testing.T) {
	both := []string{"udp", "http"}
	udp := load{protocol: "udp", swarms: 1000}
	kept := load{protocol: "http", swarms: 1000, keepAlive: true}
	closed := load{protocol: "http", swarms: 1000}
	for _, test := range []struct {
		what string
		c    contestant
		load load
		ok   bool
		why  string // part of
	}{
		{"serves it", contestant{serves: both}, udp, true, ""},
		{"another protocol", contestant{serves: []string{"http"}}, udp, false, ""},
		{"absent", contestant{serves: both, absent: "no compiler"}, udp, false, "no compiler"},
		{"absent, and of another protocol", contestant{serves: []string{"http"}, absent: "no compiler"}, udp, false, ""},
		{"closes what should be kept", contestant{serves: both, closes: true}, kept, false, "one request a connection"},
		{"closes what should be closed", contestant{serves: both, closes: true}, closed, true, ""},
		{"slow, many swarms", contestant{serves: both, swarms: 10}, udp, true, "fewer swarms"},
		{"slow, few swarms", contestant{serves: both, swarms: 1000}, udp, true, ""},
	} {
		e, ok, why := test.c.row(test.load, []int{0})
		if ok != test.ok || !strings.Contains(why, test.why) || (why == "") != (test.why == "") {
			t.Errorf("%s: got %t, %q, want %t, %q", test.what, ok, why, test.ok, test.why)
		}
		if reduced := why != "" && ok; ok && (e.load.swarms == 10) != reduced {
			t.Errorf("%s: got %d swarms and the note %q", test.what, e.load.swarms, why)
		}
	}
}

func TestRivalThatCouldNotBeInstalledSaysWhy(t *testing.T) {
	b := &bench{settings: settings{cache: t.TempDir()}}
	if got, want := b.whyAbsent("aquatic_udp"), "not installed, see scripts/bench-deps"; got != want {
		t.Errorf("without a reason: got %q, want %q", got, want)
	}
	if err := os.WriteFile(filepath.Join(b.cache, "aquatic_udp.failed"), []byte("error: no\n  linker\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := b.whyAbsent("aquatic_udp"), "error: no linker"; got != want {
		t.Errorf("with a reason: got %q, want %q", got, want)
	}
}

func TestRivalsSettingsNameTheAddressAndTheLimitOfPeers(t *testing.T) {
	at := site{port: 4242, load: load{protocol: "http"}}
	for name, text := range map[string]string{"udp": aquaticUDP(at), "http": aquaticHTTP(at)} {
		for _, want := range []string{`address = "127.0.0.1:4242"`, "peers = 50", "socket_workers = 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("aquatic's settings for %s: got %q, want %q in them", name, text, want)
			}
		}
	}
	for _, keep := range []bool{true, false} {
		at.load.keepAlive = keep
		if got := strings.Contains(aquaticHTTP(at), "keep_alive = true"); got != keep {
			t.Errorf("a load that keeps connections %t: got settings that keep them %t", keep, got)
		}
	}
}
