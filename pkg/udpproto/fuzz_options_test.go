package udpproto_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func FuzzURLData(f *testing.F) {
	for _, options := range packets(f, "options_") {
		f.Add(options)
	}
	f.Fuzz(func(t *testing.T, options []byte) {
		before := bytes.Clone(options)
		urlData := udpproto.AppendURLData(nil, options)
		if !bytes.Equal(options, before) {
			t.Fatalf("options changed from %x to %x", before, options)
		}
		if want := urlDataOf(options); string(urlData) != want {
			t.Fatalf("options %x: got %q, want %q", options, urlData, want)
		}
	})
}

// urlDataOf reads options one by one as BEP 41 describes them: slowly, and unlike AppendURLData.
func urlDataOf(options []byte) string {
	var urlData strings.Builder
	for r := bytes.NewReader(options); ; {
		kind, err := r.ReadByte()
		switch {
		case err != nil || kind == 0:
			return urlData.String()
		case kind == 1:
			continue
		}
		length, err := r.ReadByte()
		data := make([]byte, length)
		if n, _ := r.Read(data); err != nil || n < int(length) {
			return urlData.String()
		}
		if kind == 2 {
			urlData.Write(data)
		}
	}
}

func FuzzURLOptions(f *testing.F) {
	f.Add("")
	f.Add("/dir?a=b&c=d")
	f.Add(strings.Repeat("/", 256))
	f.Fuzz(func(t *testing.T, urlData string) {
		options := udpproto.AppendURLOptions(nil, urlData)
		if got := udpproto.AppendURLData(nil, options); string(got) != urlData {
			t.Fatalf("got %q, want %q", got, urlData)
		}
		pieces := max(1, (len(urlData)+254)/255)
		if want := len(urlData) + 2*pieces + 1; len(options) != want || options[len(options)-1] != 0 {
			t.Fatalf("got %d bytes %x, want %d that end with 00", len(options), options, want)
		}
	})
}
