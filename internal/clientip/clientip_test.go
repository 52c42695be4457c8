package clientip_test

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/starling-tracker/starling/internal/clientip"
)

func TestTheCallerIsTheLastWhoIsNoTrustedProxy(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	tests := map[string]struct {
		remote string
		lines  []string
		want   string
	}{
		"a stranger's header is not believed":          {"203.0.113.9", []string{"198.51.100.1"}, "203.0.113.9"},
		"a proxy's header is":                          {"10.0.0.1", []string{"203.0.113.9"}, "203.0.113.9"},
		"a proxy that adds none is the caller":         {"10.0.0.1", nil, "10.0.0.1"},
		"what the caller wrote itself is ignored":      {"10.0.0.1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"through two proxies":                          {"10.0.0.1", []string{"203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"through two proxies that add a line each":     {"10.0.0.1", []string{"198.51.100.1,203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		"a client within the trusted networks":         {"10.0.0.1", []string{"10.1.2.3"}, "10.1.2.3"},
		"with a port":                                  {"10.0.0.1", []string{"203.0.113.9:4711"}, "203.0.113.9"},
		"an IPv6 client":                               {"fd00::1", []string{"2001:db8::7"}, "2001:db8::7"},
		"an IPv6 client in brackets":                   {"fd00::1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		"an IPv6 client with a port":                   {"fd00::1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"IPv4-mapped addresses are IPv4":               {"::ffff:10.0.0.1", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a zone is dropped":                            {"fe80::1%eth0", nil, "fe80::1"},
		"nonsense ends at the proxy that passed it on": {"10.0.0.1", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		"nonsense beyond a proxy ends at that one":     {"10.0.0.1", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		"an empty line ends at the proxy":              {"10.0.0.1", []string{""}, "10.0.0.1"},
	}
	r := clientip.New(clientip.Options{TrustedProxies: trusted, Header: "x-forwarded-for"})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"X-Forwarded-For": tt.lines}
			if got := r.Addr(netip.MustParseAddr(tt.remote), header); got != netip.MustParseAddr(tt.want) {
				t.Errorf("from %s with %q: got %v, want %s", tt.remote, tt.lines, got, tt.want)
			}
		})
	}
}

func FuzzAddrIsNeverMappedNorZoned(f *testing.F) {
	f.Add("10.0.0.1", "203.0.113.9, ::ffff:10.0.0.2")
	f.Add("fe80::1%eth0", "[fe80::1%x]:1")
	r := clientip.New(clientip.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}, Header: "F"})
	f.Fuzz(func(t *testing.T, remote, line string) {
		addr, err := netip.ParseAddr(remote)
		if err != nil {
			t.Skip("no address")
		}
		got := r.Addr(addr, http.Header{"F": {line}})
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("from %q with %q: got %v", remote, line, got)
		}
	})
}
