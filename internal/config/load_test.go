package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/starling-tracker/starling/internal/config"
)

// write returns the path of a file with this text, whose last element is starling.yaml.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starling.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustLoad loads a configuration that has to be valid.
func mustLoad(t *testing.T, args, env []string) config.Config {
	t.Helper()
	c, err := config.Load(args, env)
	if err != nil {
		t.Fatalf("Load(%q, %q): %v", args, env, err)
	}
	return c
}

// problems returns what is wrong, line by line, with paths of files reduced to their names.
func problems(t *testing.T, err error) []string {
	t.Helper()
	all, ok := errors.AsType[config.Problems](err)
	if err != nil && !ok {
		t.Fatalf("got error %v of type %T, want Problems", err, err)
	}
	var lines []string
	for _, p := range all {
		line := p.Error()
		if i := strings.Index(line, "starling.yaml"); i > 0 {
			line = line[i:]
		}
		lines = append(lines, line)
	}
	return lines
}

func TestDefaultsNeedNoFile(t *testing.T) {
	c := mustLoad(t, nil, nil)
	if !slices.Equal(c.HTTP.Listen, []string{":6969"}) || !slices.Equal(c.UDP.Listen, []string{":6969"}) {
		t.Errorf("got http.listen %q and udp.listen %q, want :6969 for both", c.HTTP.Listen, c.UDP.Listen)
	}
	if !c.Tracker.IntervalJitter || c.UDP.ReceiveBuffer != 4<<20 || c.UDP.Secret != "" {
		t.Errorf("got %+v and %+v, want jitter, 4MiB and no secret", c.Tracker, c.UDP)
	}
}

func TestLaterSourcesOverrideEarlierOnes(t *testing.T) {
	const def, file, env, flag = 50, 60, 70, 80
	path := write(t, "tracker: {numwant: 60}\n")
	for _, tt := range []struct {
		args, env []string
		want      int
	}{
		{nil, nil, def},
		{[]string{"--config", path}, nil, file},
		{nil, []string{"STARLING_CONFIG=" + path}, file},
		{nil, []string{"STARLING_TRACKER_NUMWANT=70"}, env},
		{nil, []string{"STARLING_CONFIG=" + path, "STARLING_TRACKER_NUMWANT=70"}, env},
		{[]string{"--tracker.numwant=80"}, []string{"STARLING_CONFIG=" + path}, flag},
		{[]string{"--tracker.numwant=80"}, []string{"STARLING_CONFIG=" + path, "STARLING_TRACKER_NUMWANT=70"}, flag},
		{[]string{"--config", path}, []string{"STARLING_CONFIG=missing.yaml"}, file},
	} {
		if got := mustLoad(t, tt.args, tt.env).Tracker.NumWant; got != tt.want {
			t.Errorf("Load(%q, %q): got numwant %d, want %d", tt.args, tt.env, got, tt.want)
		}
	}
}

func TestSwitchesCanBeTurnedOff(t *testing.T) {
	path := write(t, "tracker: {interval_jitter: false}\n")
	for _, tt := range []struct{ args, env []string }{
		{[]string{"--no-tracker.interval_jitter"}, nil},
		{[]string{"--tracker.interval_jitter=false"}, nil},
		{nil, []string{"STARLING_TRACKER_INTERVAL_JITTER=false"}},
		{[]string{"--config", path}, nil},
	} {
		if mustLoad(t, tt.args, tt.env).Tracker.IntervalJitter {
			t.Errorf("Load(%q, %q): got jitter, want none", tt.args, tt.env)
		}
	}
	if !mustLoad(t, []string{"--config", path, "--tracker.interval_jitter"}, nil).Tracker.IntervalJitter {
		t.Error("got no jitter, want the flag to count more than the file")
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	variables := map[string]string{}
	for _, f := range kong.Must(new(config.Config), kong.NoDefaultHelp()).Model.Flags {
		if f.Help == "" || !strings.HasSuffix(f.Help, ".") || f.Group == nil {
			t.Errorf("%s: got help %q in group %v, want sentences in a group", f.Name, f.Help, f.Group)
		}
		if strings.ToLower(f.Name) != f.Name || strings.Count(f.Name, ".") != 1 || strings.Contains(f.Name, "-") {
			t.Errorf("got name %s, want section.like_this", f.Name)
		}
		v := strings.ReplaceAll(f.Name, ".", "_")
		if other := variables[v]; other != "" {
			t.Errorf("%s and %s have one environment variable, want one each", f.Name, other)
		}
		variables[v] = f.Name
	}
}
