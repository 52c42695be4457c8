package udpproto_test

import (
	"strings"
	"testing"

	"github.com/starling-tracker/starling/pkg/udpproto"
)

func TestURLDataIsReadFromAnyOptions(t *testing.T) {
	long := strings.Repeat("x", 255)
	for name, row := range map[string]struct{ options, want string }{
		"no options":                             {"", ""},
		"end of options":                         {"\x00", ""},
		"URL data":                               {"\x02\x02/a", "/a"},
		"URL data without an end":                {"\x02\x02/a\x01", "/a"},
		"bytes are kept as they are":             {"\x02\x04\x00\x01\x02\xff", "\x00\x01\x02\xff"},
		"pieces are concatenated":                {"\x02\x02/a\x02\x02?b\x02\x02=1\x00", "/a?b=1"},
		"pieces of the longest kind":             {"\x02\xff" + long + "\x02\x01y", long + "y"},
		"an empty piece":                         {"\x02\x00\x02\x01/\x02\x00", "/"},
		"NOPs have no length":                    {"\x01\x01\x02\x02/a\x01\x02\x02/b\x01", "/a/b"},
		"nothing is read behind the end":         {"\x02\x02/a\x00\x02\x02/b", "/a"},
		"the end has no length":                  {"\x02\x02/a\x00\x00\x02\x02/b", "/a"},
		"any other type is skipped":              {"\x03\x02\x02\x01\x02\x02/a\xff\x01\x00\x02\x02/b", "/a/b"},
		"any other type may be empty":            {"\x03\x00\x80\x00\x02\x01/", "/"},
		"any other type may be of the longest":   {"\x7f\xff" + long + "\x02\x01/", "/"},
		"cut short in URL data":                  {"\x02\x02/a\x02\x05/b", "/a"},
		"cut short by one byte":                  {"\x02\x02/a\x02\xff" + long[1:], "/a"},
		"cut short before the length":            {"\x02\x02/a\x02", "/a"},
		"cut short behind the length":            {"\x02\x02/a\x02\x01", "/a"},
		"cut short in another type":              {"\x02\x02/a\x03\x02\x02", "/a"},
		"a length is no invitation to read more": {"\x02\xff\x02\x02/a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := udpproto.AppendURLData([]byte("kept"), []byte(row.options)); string(got) != "kept"+row.want {
				t.Errorf("options %q: got %q, want %q", row.options, got, "kept"+row.want)
			}
		})
	}
}

func TestURLOptionsHoldPiecesOfAtMost255Bytes(t *testing.T) {
	for name, row := range map[string]struct{ urlData, want string }{
		"nothing, said so": {"", "\x02\x00\x00"},
		"one byte":         {"/", "\x02\x01/\x00"},
		"255 bytes":        {strings.Repeat("a", 255), "\x02\xff" + strings.Repeat("a", 255) + "\x00"},
		"256 bytes":        {strings.Repeat("a", 255) + "b", "\x02\xff" + strings.Repeat("a", 255) + "\x02\x01b\x00"},
		"510 bytes": {
			strings.Repeat("a", 255) + strings.Repeat("b", 255),
			"\x02\xff" + strings.Repeat("a", 255) + "\x02\xff" + strings.Repeat("b", 255) + "\x00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := udpproto.AppendURLOptions([]byte("kept"), row.urlData)
			if string(got) != "kept"+row.want {
				t.Errorf("got %q, want %q", got, "kept"+row.want)
			}
			if back := udpproto.AppendURLData(nil, got[len("kept"):]); string(back) != row.urlData {
				t.Errorf("reads back as %q, want %q", back, row.urlData)
			}
		})
	}
}
