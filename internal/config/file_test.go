package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

func TestFilesSetWhatTheySay(t *testing.T) {
	path := write(t, `
# comments, nested and dotted keys, lists of every form
http:
  listen:
    - 127.0.0.1:1
    - "[::1]:2" # both
udp: {listen: ":3", max_reply: 1KB, receive_buffer: 0}
tracker.interval: 45m
store:
  peer_lifetime: 1h30m
  max_peers: 1_000_000
log:
#  level: debug
`)
	c := mustLoad(t, []string{"--config=" + path}, nil)
	switch {
	case !slices.Equal(c.HTTP.Listen, []string{"127.0.0.1:1", "[::1]:2"}), !slices.Equal(c.UDP.Listen, []string{":3"}),
		c.UDP.MaxReply != 1000, c.UDP.ReceiveBuffer != 0, c.Tracker.Interval.Minutes() != 45,
		c.Store.PeerLifetime.Minutes() != 90, c.Store.MaxPeers != 1e6, c.Log.Level != "info":
		t.Errorf("got %+v, want what the file says", c)
	}
}

func TestEmptyFilesSetNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "udp:\n", "{}", "null"} {
		c := mustLoad(t, []string{"--config=" + write(t, text)}, nil)
		if c.UDP.MaxReply != 1232 {
			t.Errorf("file %q: got udp.max_reply %v, want the default", text, c.UDP.MaxReply)
		}
	}
}

func TestFileErrorsNameLineAndRemedy(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"udp:\n  listn: [\":1\"]\n", "starling.yaml:2: unknown key udp.listn; did you mean udp.listen?"},
		{"\nudp.max_replies: 1\n", "starling.yaml:2: unknown key udp.max_replies; did you mean udp.max_reply?"},
		{"htpp: {}\n", "starling.yaml:1: unknown key htpp; did you mean http?"},
		{"completely_unlike: 1\n", "starling.yaml:1: unknown key completely_unlike; `starling config print` shows all there are"},
		{"udp: {max_reply: 600}\nlog:\n  level: info\nudp:\n  max_reply: 700\n", "starling.yaml:4: udp is given twice, first in line 1"},
		{"udp:\n  max_reply: 600\n  max_reply: 700\n", "starling.yaml:3: udp.max_reply is given twice, first in line 2"},
		{"udp: {max_reply: 600}\nudp.max_reply: 700\n", "starling.yaml:2: udp.max_reply is given twice, first in line 1"},
		{"tracker:\n  interval: 30\n", "starling.yaml:2: tracker.interval: expected duration but got \"30\": time: missing unit in duration \"30\""},
		{"udp:\n  max_reply: 1kb\n", "starling.yaml:2: udp.max_reply: \"1kb\" is not a size: write it like 1232, 64KiB or 2MB"},
		{"udp:\n  max_reply: [1]\n", "starling.yaml:2: udp.max_reply: want a value here, or no line for the default"},
		{"udp:\n  max_reply:\n", "starling.yaml:2: udp.max_reply: want a value here, or no line for the default"},
		{"udp:\n  listen: {a: b}\n", "starling.yaml:2: udp.listen: want a list or one value here, or no line for the default"},
		{"udp:\n  listen: [[a]]\n", "starling.yaml:2: udp.listen: want a list or one value here, or no line for the default"},
		{"udp: 1\n", "starling.yaml:1: want settings like `udp: {listen: [\":6969\"]}` here"},
		{"- udp\n", "starling.yaml:1: want settings like `udp: {listen: [\":6969\"]}` here"},
		{"log: {}\n---\nlog: {}\n", "starling.yaml:3: a second document; put all settings into the first"},
		{"<<: {a: b}\n", "starling.yaml:1: want the name of a setting here; merge keys and aliases are not read"},
		{"log: {}\nudp: {listen: [:6969]}\n", "starling.yaml:2: found an invalid key for this map; are there quotes around values like \":6969\"?"},
		{"udp: [", "starling.yaml:1: sequence end token ']' not found; are there quotes around values like \":6969\"?"},
		{strings.Repeat("#", 33<<10), "starling.yaml holds more than 32768 bytes"},
	} {
		_, err := config.Load([]string{"--config=" + write(t, tt.text)}, nil)
		if got := problems(t, err); len(got) != 1 || got[0] != tt.want {
			t.Errorf("file %.80q:\ngot  %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

func TestAMissingFileIsOneProblem(t *testing.T) {
	for _, args := range [][]string{{"--config=no/such.yaml"}, {"--config", "no/such.yaml", "--log.level=debug"}} {
		_, err := config.Load(args, nil)
		want := "configuration file: open no/such.yaml: no such file or directory"
		if got := problems(t, err); len(got) != 1 || got[0] != want {
			t.Errorf("Load(%q): got %q, want %q", args, got, want)
		}
	}
}

func TestAllProblemsOfAFileAreReported(t *testing.T) {
	path := write(t, "udp: {listn: 1, max_reply: x}\ntracker: {numwant: y}\n")
	_, err := config.Load([]string{"--config=" + path}, []string{"STARLING_NONSENSE=1", "STARLING_STORE_MAX_PEERS=z"})
	if got := problems(t, err); len(got) != 5 {
		t.Errorf("got %d problems, want 5:\n%s", len(got), strings.Join(got, "\n"))
	}
}
