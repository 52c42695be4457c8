package wsproto_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/starling-tracker/starling/pkg/wsproto"
)

// values are values of JSON and what resembles them. Which are which is asked of encoding/json.
var values = []string{
	`null`, `true`, `false`, `nul`, `nulll`, `True`, `tru`, `fals`, `undefined`, `NaN`, `Infinity`,
	`0`, `-0`, `-`, `+1`, `01`, `-01`, `1.`, `.5`, `1.5`, `1e`, `1e+`, `1e+5`, `1E-05`, `1.e5`, `0x10`, `1e5.5`, `--1`, `1_000`,
	`""`, `"`, `'x'`, `"a`, `"\"`, `"\\"`, `"\x"`, `"\u12"`, `"\u12g4"`, `"\u123"`, `"\ud800"`, `"\U0000"`, `"\/\b\f\n\r\t"`, "\"\x7f\"",
	"\"tab\t\"", "\"line\nbreak\"", "\"\x00\"", "\"\x1f and more of it\"", "\"eight by\x01te\"", `"eight by\te"`, `"eight b\"`,
	`[]`, `[`, `]`, `[,]`, `[1,]`, `[1 2]`, `[1,,2]`, `[1,2]`, `[[],{}]`, `[}`, `[1}`, `[:]`,
	`{}`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,"a":1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{a:1}`, `{1:1}`, `{null:1}`, `{"a":1]`,
	`{"a" 1}`, `{"a",1}`, `{"":{"":{}}}`, `{"a"::1}`, `{"a\":1}`, `//x`, `/**/1`, ``, "\u00a0", "\ufeff1", "\v1", "1\f",
}

func TestOnlyJSONIsAccepted(t *testing.T) {
	for _, v := range values {
		for _, members := range []string{
			`,"x":` + v, `,"left":` + v, `,"offers":` + v, `,"answer":` + v, `,"event":` + v, `,"info_hash":` + v, `,"action":` + v,
			`,"offer_id":` + v, `,"offers":[` + v + `]`, `,"offers":[{"offer":` + v + `}]`, `,"offers":[{"offer":{"sdp":` + v + `}}]`,
			`,"answer":{"sdp":` + v + `}`, `,"info_hash":[` + v + `]`, `,"x":{"y":[` + v + `]}`, `,` + v, `,` + v + `:1`, `}` + v,
		} {
			text := announceWith(members)
			var m wsproto.Message
			err := wsproto.Parse([]byte(text), &m)
			if got, want := errors.Is(err, wsproto.ErrMalformed), !json.Valid([]byte(text)); got != want {
				t.Errorf("%s: got error %v, want it malformed %v", text, err, want)
			}
			if errors.Is(err, wsproto.ErrMalformed) && m.HasInfoHash {
				t.Errorf("%s: got an info hash of a malformed message", text)
			}
		}
	}
}

func TestWhatIsNoObjectIsMalformed(t *testing.T) {
	for _, text := range append(values, announceWith("")+"x", announceWith("")+announceWith(""), `["action"]`, `"announce"`) {
		if text != "" && text[0] == '{' && json.Valid([]byte(text)) {
			continue
		}
		checkRefused(t, text, wsproto.ErrMalformed, false)
	}
}

func TestWhatIsCutShortIsMalformed(t *testing.T) {
	text := announceWith(`,"left":0,"offers":[` + someOffer + `],"x":[true,-1.5e5]`)
	for n := range len(text) {
		checkRefused(t, text[:n], wsproto.ErrMalformed, false)
	}
}

func TestWhatIsNotUTF8IsMalformed(t *testing.T) {
	for _, raw := range []string{"\xff", "\xc3", "\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"} {
		for _, members := range []string{
			`,"x":"` + raw + `"`, `,"` + raw + `":1`, `,"offers":[{"offer":{"sdp":"` + raw + `"},"offer_id":"` + offerText + `"}]`,
			`,"answer":{"sdp":"` + raw + `"}`, `}` + raw, `,"event":"` + raw + `"`,
		} {
			text := announceWith(members)
			if utf8.ValidString(text) {
				t.Fatalf("%q is UTF-8", text)
			}
			checkRefused(t, text, wsproto.ErrMalformed, false)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	for _, row := range [][2]string{{`[`, `]`}, {`{"a":`, `}`}} {
		nested := func(depth int) string {
			return announceWith(`,"x":` + strings.Repeat(row[0], depth-1) + `0` + strings.Repeat(row[1], depth-1))
		}
		check(t, nested(wsproto.MaxDepth), announced())
		checkRefused(t, nested(wsproto.MaxDepth+1), wsproto.ErrMalformed, false)
		checkRefused(t, nested(1<<20), wsproto.ErrMalformed, false)
		checkRefused(t, strings.Repeat(row[0], 1<<20), wsproto.ErrMalformed, false)
	}
	wide := announceWith(`,"x":[` + strings.Repeat(`[[]],{"a":{}},`, 100) + `0]`) // what was closed does not count
	check(t, wide, announced())
}
