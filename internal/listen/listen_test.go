package listen_test

import (
	"net"
	"testing"

	"github.com/starling-tracker/starling/internal/listen"
)

func TestAnAddressOfOneFamilyListensOnThatFamilyAlone(t *testing.T) {
	for address, want := range map[string]string{
		":6969":               "udp",
		"localhost:6969":      "udp",
		"0.0.0.0:6969":        "udp4",
		"192.0.2.1:6969":      "udp4",
		"[::]:6969":           "udp6",
		"[2001:db8::1]:6969":  "udp6",
		"[fe80::1%eth0]:6969": "udp6",
		"no port":             "udp",
	} {
		if got := listen.Network("udp", address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestBothFamiliesMayBeListedOnOnePort(t *testing.T) {
	four, err := net.Listen(listen.Network("tcp", "0.0.0.0:0"), "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer four.Close()
	_, port, _ := net.SplitHostPort(four.Addr().String())
	six, err := net.Listen(listen.Network("tcp", "[::]:"+port), "[::]:"+port)
	if err != nil {
		t.Fatalf("beside 0.0.0.0:%s: %v", port, err)
	}
	six.Close()
}
