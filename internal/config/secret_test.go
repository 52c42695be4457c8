package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

const secret = "correct-horse-battery"

func TestSecretsComeFromTheirFiles(t *testing.T) {
	path := write(t, "\n  "+secret+"\r\n")
	for _, tt := range []struct{ args, env []string }{
		{[]string{"--udp.secret_file", path}, nil},
		{nil, []string{"STARLING_UDP_SECRET_FILE=" + path}},
		{[]string{"--config", write(t, "udp: {secret_file: '"+path+"'}")}, nil},
		{[]string{"--udp.secret_file", path}, []string{"STARLING_UDP_SECRET="}},
		{[]string{"--udp.secret", secret}, nil},
		{[]string{"--udp.secret", secret}, []string{"STARLING_UDP_SECRET_FILE="}},
	} {
		if c := mustLoad(t, tt.args, tt.env); string(c.UDP.Secret) != secret {
			t.Errorf("Load(%q, %q): got %q, want the secret", tt.args, tt.env, string(c.UDP.Secret))
		}
	}
}

func TestASecretAndItsFileExcludeEachOther(t *testing.T) {
	path := write(t, secret)
	for _, tt := range []struct{ args, env []string }{
		{[]string{"--udp.secret_file=" + path, "--udp.secret=" + secret}, nil},
		{[]string{"--udp.secret_file=" + path, "--udp.secret="}, nil},
		{[]string{"--udp.secret=" + secret}, []string{"STARLING_UDP_SECRET_FILE=" + path}},
		{nil, []string{"STARLING_UDP_SECRET_FILE=" + path, "STARLING_UDP_SECRET=" + secret}},
		{[]string{"--config", write(t, "udp: {secret: "+secret+"}")}, []string{"STARLING_UDP_SECRET_FILE=" + path}},
	} {
		_, err := config.Load(tt.args, tt.env)
		want := "udp.secret and udp.secret_file are both given; keep one of them"
		if got := problems(t, err); len(got) != 1 || got[0] != want {
			t.Errorf("Load(%q, %q): got %q, want %q", tt.args, tt.env, got, want)
		}
	}
}

func TestSecretFilesMustHoldASecret(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "is empty",
		" \n":                      "is empty",
		"short":                    "udp.secret_file: the secret is too short",
		strings.Repeat("x", 5<<10): "holds more than 4096 bytes",
	} {
		_, err := config.Load([]string{"--udp.secret_file", write(t, text)}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("file %.20q: got %v, want %q", text, err, want)
		}
	}
	_, err := config.Load([]string{"--udp.secret_file=no/such"}, nil)
	if want := "udp.secret_file: open no/such: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestTheFileOfTheRedisURLHoldsOneLine(t *testing.T) {
	for _, rest := range []string{"\nredis://h2", "\n# the other one", "\r\nx"} {
		path := write(t, "redis://u:"+secret+"@h1"+rest+"\n")
		_, err := config.Load([]string{"--redis.url_file", path}, nil)
		want := "redis.url_file: there are several lines in it; keep the URL alone"
		if got := problems(t, err); len(got) != 1 || got[0] != want {
			t.Errorf("%q: got %q, want %q", rest, got, want)
		}
	}
	path := write(t, "\n redis://u:"+secret+"@h1 \r\n\n")
	if c := mustLoad(t, []string{"--redis.url_file", path}, nil); string(c.Redis.URL) != "redis://u:"+secret+"@h1" {
		t.Errorf("got %q, want the URL without the white space around it", string(c.Redis.URL))
	}
}

func TestErrorsNeverShowSecrets(t *testing.T) {
	const short = "short-secret" // refused for its length
	for _, text := range []string{
		"udp: {secret: " + short + "}",
		"udp: {secret: [" + short + "]}",
		"udp: {secret: {" + short + ": 1}}",
		"udp: {secret: \"" + short + "}",
		"udp:\n  secret: '" + short + "\nlog: {}",
		"udp:\n  secret: >" + short + "\n",
		"udp:\n  secret: |" + short + "\n",
		"udp:\n  secret: *" + short + "\n",
		"udp:\n  secret: &" + short + "\n",
		"udp:\n  secret: !" + short + "\n",
		"udp:\n  secret: !" + short + "} x\n",
		"udp:\n  secret: %" + short + "\n",
		"udp:\n  secret: @" + short + "\n",
		"udp:\n  secret: a: " + short + "\n",
		"udp:\n  secret: " + short + ": b\n",
		"udp:\n  secret: x\n  secret: " + short + "\n",
		"udp:\n  secret: x\n    " + short + "\n",
		"udp:\n  secret: \"\\q" + short + "\"\n",
	} {
		_, err := config.Load([]string{"--config", write(t, text)}, nil)
		if err == nil || strings.Contains(err.Error(), short) {
			t.Errorf("file %q: got %v, want an error without the secret", text, err)
		}
	}
	for _, args := range [][]string{
		{"--udp.secret=" + short},
		{"--udp.secret", short},
		{"--udp.secret", "-" + short},
		{"--udp.secret", short, "--udp.secret_file=x"},
	} {
		for _, env := range []string{"STARLING_UDP_SECRETS=" + short, "STARLING_UDP_SECRET=" + short, "X=1"} {
			_, err := config.Load(args, []string{env})
			if err == nil || strings.Contains(err.Error(), short) {
				t.Errorf("Load(%q, %q): got %v, want an error without the secret", args, env, err)
			}
		}
	}
}

func TestSecretsHideFromEveryPrinter(t *testing.T) {
	c := config.Config{UDP: config.UDP{Secret: secret}}
	var shown bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(h).Info("started", slog.Any("config", c), slog.Any("secret", c.UDP.Secret))
	}
	if err := json.NewEncoder(&shown).Encode(c); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&shown, verb+verb, c, c.UDP.Secret)
	}
	for _, leak := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
		if strings.Contains(shown.String(), leak) {
			t.Errorf("got %q in\n%s", leak, shown.String())
		}
	}
	if got, none := config.Secret(secret).String(), config.Secret("").String(); got != "[set]" || none != "" {
		t.Errorf("got %q for a secret and %q for none, want [set] and nothing", got, none)
	}
}
