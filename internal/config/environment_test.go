package config_test

import (
	"slices"
	"testing"

	"github.com/starling-tracker/starling/internal/config"
)

func TestUnknownVariablesAreProblems(t *testing.T) {
	for entry, want := range map[string]string{
		"STARLING_UDP_LISTN=:1":     "unknown variable STARLING_UDP_LISTN; did you mean STARLING_UDP_LISTEN?",
		"STARLING_CONFIGS=x":        "unknown variable STARLING_CONFIGS; did you mean STARLING_CONFIG?",
		"STARLING_UDP_PORT=6969":    "unknown variable STARLING_UDP_PORT; did you mean STARLING_UDP_SECRET?",
		"STARLING_XXXXXXXXX=1":      "unknown variable STARLING_XXXXXXXXX; `starling config print` shows all there are",
		"STARLING_UDP_MAX_REPLY=1x": `STARLING_UDP_MAX_REPLY: "1x" is not a size: write it like 1232, 64KiB or 2MB`,
	} {
		_, err := config.Load(nil, []string{"HOME=/", entry, "STARLINGS=1"})
		if got := problems(t, err); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q, want %q", entry, got, want)
		}
	}
}

func TestKubernetesServiceLinksAreNoTypos(t *testing.T) {
	mustLoad(t, nil, []string{
		"STARLING_SERVICE_HOST=10.0.0.7", "STARLING_SERVICE_PORT=6969", "STARLING_SERVICE_PORT_HTTP=6969",
		"STARLING_PORT=tcp://10.0.0.7:6969", "STARLING_PORT_6969_TCP=tcp://10.0.0.7:6969", "STARLING_PORT_6969_TCP_PROTO=tcp",
		"STARLING_PORT_6969_TCP_PORT=6969", "STARLING_PORT_6969_TCP_ADDR=10.0.0.7",
		"STARLING_UDP_PORT=udp://10.0.0.8:6969", "STARLING_UDP_PORT_6969_UDP=udp://10.0.0.8:6969",
	})
}
