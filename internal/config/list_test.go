package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

func TestListsReplaceTheListBelow(t *testing.T) {
	file := "--config=" + write(t, "udp: {listen: [':1', ':2']}")
	for _, tt := range []struct {
		args []string
		env  string
		want []string
	}{
		{[]string{file}, "", []string{":1", ":2"}},
		{[]string{file}, "STARLING_UDP_LISTEN=:3, :4,", []string{":3", ":4"}},
		{[]string{file, "--udp.listen=:5,:6"}, "STARLING_UDP_LISTEN=:3", []string{":5", ":6"}},
		{[]string{file, "--udp.listen=:5", "--udp.listen", ":6"}, "", []string{":5", ":6"}},
		{[]string{file, "--udp.listen="}, "", nil},
		{[]string{file, "--udp.listen", ""}, "", nil},
		{[]string{file}, "STARLING_UDP_LISTEN=", nil},
		{[]string{"--config=" + write(t, "udp: {listen: []}")}, "", nil},
		{[]string{"--config=" + write(t, "udp: {listen: ''}")}, "", nil},
	} {
		var env []string
		if tt.env != "" {
			env = []string{tt.env}
		}
		if got := mustLoad(t, tt.args, env).UDP.Listen; !slices.Equal(got, tt.want) {
			t.Errorf("Load(%q, %q): got udp.listen %q, want %q", tt.args, env, got, tt.want)
		}
	}
}

func TestNetworksAreReadExactly(t *testing.T) {
	c := mustLoad(t, []string{"--http.trusted_proxies=10.0.0.0/8,192.0.2.1, fd00::/8,::1"}, nil)
	if got, want := fmt.Sprint(c.HTTP.TrustedProxies), "[10.0.0.0/8 192.0.2.1/32 fd00::/8 ::1/128]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for text, want := range map[string]string{
		"10.0.0.0/33":         "is not a network",
		"proxy.example":       "is not a network",
		"::ffff:10.0.0.1":     "is not a network",
		"::ffff:10.0.0.0/104": "is not a network",
		"fe80::1%eth0":        "is not a network",
		"10.1.2.3/8":          "write 10.0.0.0/8 for the network, 10.1.2.3 for the address",
	} {
		_, err := config.Load(nil, []string{"STARLING_HTTP_TRUSTED_PROXIES=" + text})
		if err == nil || !strings.Contains(err.Error(), "STARLING_HTTP_TRUSTED_PROXIES: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want the variable and %q", text, err, want)
		}
	}
}
