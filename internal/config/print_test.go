package config_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/starling-tracker/starling/internal/config"
)

func printed(t *testing.T, c config.Config) string {
	t.Helper()
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatalf("Print: %v", err)
	}
	return b.String()
}

// reload prints c and loads what was printed.
func reload(t *testing.T, c config.Config) config.Config {
	t.Helper()
	text := printed(t, c)
	again, err := config.Load([]string{"--config=" + write(t, text)}, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return again
}

func diff(got, want config.Config) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{}))
}

func TestPrintReadsBack(t *testing.T) {
	defaults := mustLoad(t, nil, nil)
	other := config.Config{
		HTTP: config.HTTP{
			Listen: config.Addrs{":0", "[::1]:6969"}, IdleTimeout: 90 * time.Second, MaxConnections: 1, ClientIPHeader: "X-Real-IP",
			TrustedProxies:   config.Networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::/0")},
			TrustIPParamFrom: config.Networks{netip.MustParsePrefix("192.168.7.1/32")},
		},
		UDP: config.UDP{ReceiveBuffer: 12345, MaxReply: 1452},
		WS: config.WS{
			Enabled: true, Listen: config.Addrs{"[::1]:0"}, Interval: time.Minute, MaxMessage: 4 << 10, MaxOffers: 1, Outbox: 1 << 20,
			Ping: 3 * time.Second, Lease: time.Hour, Origins: config.Patterns{"*.example.org", "https://[a-z].example"},
		},
		Tracker:  config.Tracker{Interval: time.Hour + time.Millisecond, MinInterval: 0, NumWant: 3, MaxNumWant: 4},
		Store:    config.Store{PeerLifetime: 24 * time.Hour},
		Redis:    config.Redis{RedisAddress: config.RedisAddress{Prefix: "#a:"}, Deadline: time.Second, Remember: 1, Required: true},
		Shutdown: config.Shutdown{Drain: 10 * time.Minute, Timeout: 0},
		Log:      config.Log{Level: "debug", Format: "json"},
	}
	for _, want := range []config.Config{defaults, other} {
		if d := diff(reload(t, want), want); d != "" {
			t.Errorf("read back (-want +got):\n%s", d)
		}
	}
}

func TestPrintReadsBackWhatLooksLikeYAML(t *testing.T) {
	want := mustLoad(t, nil, nil)
	for _, text := range []string{
		"*a", "&a", "!a", "#a", "%a", "'a", "a'b", "`a", "|", "-", "~", "null", "true", "no", "1", "0x1", "1e3", ".5", "+1", "_", "$a", "^",
	} {
		want.HTTP.ClientIPHeader = text
		if d := diff(reload(t, want), want); d != "" {
			t.Errorf("header %q reads back (-want +got):\n%s", text, d)
		}
	}
	for _, name := range []string{"a: b", " a #b", "'", `"`, "\\x41", "- a", "{a}", "[a]", "a\nb", "\t", "x\t", "x ", "<&>", "\x7f", "%20", "ü", "😀"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
		want := mustLoad(t, []string{"--udp.secret_file=" + path}, nil)
		if d := diff(reload(t, want), want); d != "" {
			t.Errorf("file %q reads back (-want +got):\n%s", name, d)
		}
	}
}

func TestPrintHidesSecrets(t *testing.T) {
	c := mustLoad(t, []string{"--udp.secret=" + secret}, nil)
	text := printed(t, c)
	if strings.Contains(text, secret) || !strings.Contains(text, "[set]") {
		t.Errorf("got\n%swant the secret as [set]", text)
	}
	_, err := config.Load([]string{"--config=" + write(t, text)}, nil)
	got := problems(t, err)
	if len(got) != 1 || !strings.Contains(got[0], "udp.secret: [set] stands for a secret that was not printed") {
		t.Errorf("got %q, want [set] refused as a secret", got)
	}
	filled := strings.Replace(text, "[set]", secret, 1)
	again := mustLoad(t, []string{"--config=" + write(t, filled)}, nil)
	if d := diff(again, c); d != "" {
		t.Errorf("with the secret filled in (-want +got):\n%s", d)
	}
}

func TestPrintHidesTheURLOfRedis(t *testing.T) {
	c := mustLoad(t, []string{"--redis.url=redis://:" + secret + "@127.0.0.1"}, nil)
	if text := printed(t, c); strings.Contains(text, secret) || !strings.Contains(text, "  url: \"[set]\"") {
		t.Errorf("got\n%swant the URL as [set]", text)
	}
	_, err := config.Load([]string{"--redis.url=redis://:" + secret + "@127.0.0.1:x"}, nil)
	if got := problems(t, err); len(got) != 1 || strings.Contains(got[0], secret) {
		t.Errorf("got %q, want one problem without the password", got)
	}
}

func TestPrintNamesSecretFiles(t *testing.T) {
	c := mustLoad(t, []string{"--udp.secret_file=" + write(t, secret)}, nil)
	text := printed(t, c)
	if strings.Contains(text, secret) || strings.Contains(text, "[set]") {
		t.Errorf("got\n%swant the file's name alone", text)
	}
	if d := diff(reload(t, c), c); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
}
