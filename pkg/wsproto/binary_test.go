package wsproto_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

func TestBinaryStringsHaveManySpellings(t *testing.T) {
	for value := range 256 {
		var spellings []string
		if value >= 0x20 && value != '"' && value != '\\' {
			spellings = append(spellings, string(rune(value)))
		}
		spellings = append(spellings, fmt.Sprintf(`\u%04x`, value), fmt.Sprintf(`\u%04X`, value))
		if i := strings.IndexByte("\b\f\n\r\t\"\\/", byte(value)); i >= 0 {
			spellings = append(spellings, `\`+`bfnrt"\/`[i:i+1])
		}
		for _, s := range spellings {
			var m wsproto.Message
			want := counting(0)
			want[7] = byte(value)
			text := `{"action":"scrape","info_hash":"` + `\u0000\u0001\u0002\u0003\u0004\u0005\u0006` + s +
				`\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013"}`
			if err := wsproto.Parse([]byte(text), &m); err != nil || m.InfoHash != bittorrent.InfoHash(want) {
				t.Errorf("%s: got %v, %v, want %x", text, m.InfoHash, err, want)
			}
		}
	}
}

func TestBinaryStringsAre20CodePointsUpToFF(t *testing.T) {
	const x18 = "xxxxxxxxxxxxxxxxxx"
	for text, want := range map[string]bool{
		"":                           false,
		x18 + "x":                    false,
		x18 + "xx":                   true,
		x18 + "xxx":                  false,
		x18 + "\u00ff\u00e9":         true,  // 22 bytes
		x18 + "é":                    false, // 20 bytes, 19 code points
		x18 + `\u00ffx`:              true,
		x18 + `x\u0100`:              false,
		x18 + `x\uff00`:              false,
		x18 + "x\u0100":              false,
		x18 + "x\u2028":              false,
		x18 + "x\ufffd":              false,
		x18 + "\U0001f426":           false,
		x18 + `\ud83d\udc26`:         false, // two code units, as JSON.stringify sees it
		x18 + `x\ud800`:              false, // half of a pair
		x18 + `x\udc00`:              false,
		strings.Repeat(`\u0000`, 20): true,
		strings.Repeat(`\u0000`, 21): false,
		hash.String():                false, // hexadecimal
	} {
		var m wsproto.Message
		err := wsproto.Parse([]byte(`{"action":"announce","info_hash":"`+text+`","peer_id":"`+peerText+`"}`), &m)
		if (err == nil) != want || m.HasInfoHash != want || err != nil && !errors.Is(err, wsproto.ErrInfoHash) {
			t.Errorf("%q: got error %v, want it accepted %v", text, err, want)
		}
	}
}
