package httpproto_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/httpproto"
)

func parseIP(t *testing.T, params string) netip.Addr {
	t.Helper()
	var r httpproto.AnnounceRequest
	if err := r.Parse(query + params); err != nil {
		t.Fatalf("query %q: %v", query+params, err)
	}
	return r.IP
}

func TestAnnounceAddressIsTheFirstLiteral(t *testing.T) {
	for _, row := range []struct{ name, params, want string }{
		{"none", "", ""},
		{"ip", "&ip=192.0.2.1", "192.0.2.1"},
		{"ipv4", "&ipv4=192.0.2.1", "192.0.2.1"},
		{"ipv6", "&ipv6=2001:db8::1", "2001:db8::1"},
		{"escaped", "&ipv6=2001%3Adb8%3a%3A1", "2001:db8::1"},
		{"order of appearance", "&ipv6=2001:db8::1&ip=192.0.2.1", "2001:db8::1"},
		{"behind one that is none", "&ip=tracker.example&ipv4=192.0.2.1", "192.0.2.1"},
		{"the second of two ip", "&ip=&ip=192.0.2.1", "192.0.2.1"},
		{"mapped", "&ip=::ffff:192.0.2.1", "192.0.2.1"},
		{"mapped in hex and brackets", "&ip=[::ffff:c000:201]:80", "192.0.2.1"},
		{"port behind IPv4", "&ipv4=192.0.2.1:6881", "192.0.2.1"},
		{"port behind IPv6", "&ipv6=%5B2001:db8::1%5D:6881", "2001:db8::1"},
		{"brackets without a port", "&ipv6=[2001:db8::1]", "2001:db8::1"},
		{"port too large", "&ip=192.0.2.1:65536", ""},
		{"port very large", "&ip=192.0.2.1:18446744073709551617", ""},
		{"port empty", "&ip=192.0.2.1:", ""},
		{"port not a number", "&ip=[2001:db8::1]:x", ""},
		{"text behind the bracket", "&ip=[2001:db8::1]80", ""},
		{"bracket left open", "&ip=[2001:db8::1", ""},
		{"IPv4 in brackets", "&ip=[192.0.2.1]", ""},
		{"zone", "&ip=fe80::1%25eth0", ""},
		{"zone with a raw percent sign", "&ip=fe80::1%eth0", ""},
		{"zone in brackets", "&ip=[fe80::1%25eth0]:80", ""},
		{"host name", "&ip=localhost", ""},
		{"number", "&ip=3221225985", ""},
		{"leading zero", "&ip=192.0.2.01", ""},
		{"port of six digits", "&ip=192.0.2.1:000080", ""},
		{"too long", "&ip=" + strings.Repeat("1", 100), ""},
		{"longest", "&ip=[0000:0000:0000:0000:0000:ffff:255.255.255.255]:65535", "255.255.255.255"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := parseIP(t, row.params)
			if row.want == "" && got.IsValid() || row.want != "" && got != netip.MustParseAddr(row.want) {
				t.Errorf("parameters %q: got %v, want %q", row.params, got, row.want)
			}
		})
	}
}

// Edges at which readers of addresses have differed.
var literals = []string{
	"", ":", "::", ":::", "::1", "1::", "1::2", "::1::", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7",
	"::1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3::4:5:6:7", "1:2:3::4:5:6:7:8", "1:2:3:4::5:6:7:8",
	"::ffff:1.2.3.4", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "::1.2.3.4.5", "::256.1.1.1", "::01.2.3.4",
	"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "1:2:3:4:5::1.2.3.4",
	"12345::", "::12345", "::g", "::FFFF", "::fFfF:0", "0000:0::0", "1.2.3.4", "1.2.3", "1.2.3.4.", ".1.2.3.4", "1..2.3",
	"0.0.0.0", "255.255.255.255", "256.0.0.0", "1.2.3.1000", "00.0.0.0", "1.2.3.+4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.a",
}

// asNetip is what netip makes of a literal without a port.
func asNetip(text string) netip.Addr {
	if strings.ContainsAny(text, "%[]") {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}

func TestAnnounceAddressIsReadAsNetipDoes(t *testing.T) {
	for _, text := range literals {
		if got, want := parseIP(t, "&ip="+url.PathEscape(text)), asNetip(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
