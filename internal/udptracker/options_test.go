package udptracker_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestOptionsDoNotDisturbTheAnnounce(t *testing.T) {
	url := string(udpproto.AppendURLOptions(nil, "/announce?passkey=0123456789abcdef"))
	rows := map[string]string{
		"none":                                "",
		"the end":                             "\x00",
		"the end and more behind it":          "\x00\x02\x05/anno",
		"nops":                                "\x01\x01\x01\x01",
		"a URL":                               url,
		"a URL in pieces, nops between them":  "\x02\x04/ann\x01\x02\x05ounce\x01\x00",
		"an empty URL":                        "\x02\x00",
		"a URL that goes over 255 bytes":      string(udpproto.AppendURLOptions(nil, "/"+strings.Repeat("x", 600))),
		"an unknown type is skipped":          "\x7f\x03abc" + url,
		"an unknown type of length 0":         "\x03\x00" + url,
		"an unknown type of length 255":       "\xff\xff" + strings.Repeat("x", 255) + url,
		"a type without its length":           "\x02",
		"an unknown type without its length":  "\x80",
		"a URL cut short":                     "\x02\x20/announce",
		"an unknown type cut short":           "\x7f\x20abc",
		"a URL cut short at the datagram":     strings.Repeat("\x02\xff"+strings.Repeat("x", 255), 8),
		"more than a request may have":        strings.Repeat("\x01", 60_000),
		"what looks like an announce":         strings.Repeat("\x00\x00\x00\x01", 25),
		"every byte there is as a first byte": every(),
	}
	everywhere(t, setup{}, func(t *testing.T, n *node) {
		n.fill(t, hashA, 2, 1)
		for name, options := range rows {
			t.Run(name, func(t *testing.T) {
				c := n.connected(t)
				got := c.announce(c.announcement(hashA), []byte(options)...)
				if got.Seeders != 1 || got.Leechers != 2 || got.Interval != 1800 || len(got.peers) != 2 {
					t.Errorf("got %+v, want a seeder, two leechers, 1800 seconds and two peers", got)
				}
			})
		}
	})
}

// every is an option of each type, the end last.
func every() string {
	var b strings.Builder
	for kind := 255; kind >= 0; kind-- {
		b.WriteByte(byte(kind))
		if kind > 1 {
			b.WriteString("\x02ab")
		}
	}
	return b.String()
}
