package redisbus_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/starling-tracker/starling/internal/bus/bustest"
	"github.com/starling-tracker/starling/internal/bus/redisbus"
	"github.com/starling-tracker/starling/internal/swarm"
	"github.com/starling-tracker/starling/internal/testutil"
	"github.com/starling-tracker/starling/pkg/bittorrent"
	"github.com/starling-tracker/starling/pkg/wsproto"
)

const maxSDP = 1000

var nobody bittorrent.PeerID

// message returns the message for s.
func message(s swarm.Signal) []byte {
	return redisbus.AppendMessage(nil, &s, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
}

func TestAMessageIsReadAsItWasWritten(t *testing.T) {
	for _, want := range []swarm.Signal{bustest.Offer(nobody, 1), bustest.Answer(nobody, 2), bustest.Taking(nobody, 3)} {
		var got swarm.Signal
		if ok := redisbus.ParseMessage(message(want), maxSDP, &got); !ok {
			t.Errorf("%v: got it refused", want.Kind)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v, -want +got:\n%s", want.Kind, diff)
		}
	}
	if got := message(swarm.Signal{Kind: swarm.Gap}); len(got) != 0 {
		t.Errorf("gap: got %d bytes, want none", len(got))
	}
}

// TestMessagesThatNoReplicaSendsAreRefused changes good messages in one way each.
func TestMessagesThatNoReplicaSendsAreRefused(t *testing.T) {
	withSDP := func(sdp string) []byte {
		s := bustest.Offer(nobody, 1)
		s.SDP = []byte(sdp)
		return message(s)
	}
	changed := func(at int, b byte) []byte {
		m := message(bustest.Offer(nobody, 1))
		m[at] = b
		return m
	}
	taking := message(bustest.Taking(nobody, 1))
	for what, m := range map[string][]byte{
		"empty":                             nil,
		"one byte":                          {1},
		"the head alone":                    message(bustest.Offer(nobody, 1))[:30],
		"another version":                   changed(0, 2),
		"another kind":                      changed(1, 'g'),
		"a taking as an offer":              changed(1, 't'),
		"a taking cut short":                taking[:len(taking)-1],
		"a taking and more":                 append(taking, 0),
		"no SDP":                            withSDP(""),
		"an SDP too large":                  withSDP(`"` + strings.Repeat("x", maxSDP-1) + `"`),
		"an SDP cut short":                  withSDP(`{"type":"offer"`),
		"two SDPs":                          withSDP(`{},{}`),
		"an SDP that ends another's object": withSDP(`1}{`),
		"an SDP that is no UTF-8":           withSDP("\"\xff\""),
		"an SDP with a raw line feed":       withSDP("\"a\nb\""),
		"an SDP nested too deep":            withSDP(strings.Repeat("[", redisbus.MaxDepth+1) + strings.Repeat("]", redisbus.MaxDepth+1)),
	} {
		if redisbus.ParseMessage(m, maxSDP, new(swarm.Signal)) {
			t.Errorf("%s: got it accepted, want it refused", what)
		}
	}
	for what, m := range map[string][]byte{
		"an SDP that just fits":      withSDP(`"` + strings.Repeat("x", maxSDP-2) + `"`),
		"an SDP nested just so":      withSDP(strings.Repeat("[", redisbus.MaxDepth) + strings.Repeat("]", redisbus.MaxDepth)),
		"an SDP of half a surrogate": withSDP(`{"sdp":"\ud800"}`),
	} {
		if !redisbus.ParseMessage(m, maxSDP, new(swarm.Signal)) {
			t.Errorf("%s: got it refused, want it accepted", what)
		}
	}
}

func TestWhatAFrontendAcceptsIsNotNestedTooDeepForReplicas(t *testing.T) {
	if redisbus.MaxDepth < wsproto.MaxDepth {
		t.Errorf("got SDPs up to a depth of %d, want them up to that of whole messages, %d", redisbus.MaxDepth, wsproto.MaxDepth)
	}
}

func TestMessagesAreMadeAndReadWithoutAllocating(t *testing.T) {
	want := bustest.Offer(nobody, 1)
	buf := make([]byte, 0, 1<<10)
	var got swarm.Signal
	testutil.NoAllocs(t, "an offer, made and read", func() {
		buf = redisbus.AppendMessage(buf[:0], &want, [8]byte{})
		if !redisbus.ParseMessage(buf, maxSDP, &got) {
			t.Error("got it refused")
		}
	})
}

// FuzzMessage reads anything, and what is understood must be just what would be written.
func FuzzMessage(f *testing.F) {
	f.Add(message(bustest.Offer(nobody, 1)))
	f.Add(message(bustest.Answer(nobody, 2)))
	f.Add(message(bustest.Taking(nobody, 3)))
	f.Add([]byte{1, 'o'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, m []byte) {
		var s swarm.Signal
		if !redisbus.ParseMessage(m, maxSDP, &s) {
			return
		}
		if again := redisbus.AppendMessage(nil, &s, [8]byte(m[2:10])); !bytes.Equal(again, m) {
			t.Errorf("got %x written of %x", again, m)
		}
		if s.Kind != swarm.Taking && !json.Valid(s.SDP) {
			t.Errorf("got an SDP that is no JSON: %q", s.SDP)
		}
	})
}

// depth returns how deep JSON that is valid is nested.
func depth(text []byte) (deepest int) {
	at, quoted, escaped := 0, false, false
	for _, b := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = b == '\\', b != '"'
		case b == '"':
			quoted = true
		case b == '{' || b == '[':
			at++
			deepest = max(deepest, at)
		case b == '}' || b == ']':
			at--
		}
	}
	return deepest
}

// FuzzJSON asks json.Valid for its opinion.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		``, ` `, `{}`, `[]`, `[[[]]]`, `{"type":"offer","sdp":"v=0\r\n"}`, `{"a":[1,-0.5e+10,true,false,null]}`, ` "\u00fc\\" `,
		`01`, `1.`, `-`, `1e`, `.5`, `{"a"}`, `{"a":1,}`, `[1,]`, `[,]`, `tru`, `"`, `"\u12"`, `"\x"`, "\"\x00\"", "{}\x00", "\x00", "[1\x00]",
		`{a:1}`, `{"a" : 1 , "b" : [ ] }`, `1 2`, `"\"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		want := json.Valid(text)
		if got := redisbus.ValidJSON(text); got != (want && depth(text) <= redisbus.MaxDepth) {
			t.Errorf("%q: got %v, want json.Valid's %v, up to a depth of %d", text, got, want, redisbus.MaxDepth)
		}
	})
}

func BenchmarkParseMessage(b *testing.B) {
	s := bustest.Offer(nobody, 1)
	s.SDP = realSDP()
	m := message(s)
	b.SetBytes(int64(len(m)))
	for b.Loop() {
		redisbus.ParseMessage(m, len(m), &s)
	}
}

func BenchmarkValidJSON(b *testing.B) {
	sdp := realSDP()
	for name, valid := range map[string]func([]byte) bool{"ours": redisbus.ValidJSON, "json.Valid": json.Valid} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(sdp)))
			for b.Loop() {
				valid(sdp)
			}
		})
	}
}

// realSDP returns an offer as large as those of browsers.
func realSDP() []byte {
	line := `a=candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0\r\n`
	return []byte(`{"type":"offer","sdp":"v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n` + strings.Repeat(line, 14) + `"}`)
}
