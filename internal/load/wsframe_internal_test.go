package load

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// readerOf returns a reader of what a server sent, with a buffer of the size.
func readerOf(sent []byte, size int) *frameReader {
	return &frameReader{in: bufio.NewReaderSize(bytes.NewReader(sent), size), pong: func([]byte) error { return nil }}
}

// server makes a frame as servers send them.
func server(first byte, payload string) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{first, byte(n)}, payload...)
	case n < 1<<16:
		return append(binary.BigEndian.AppendUint16([]byte{first, 126}, uint16(n)), payload...)
	default:
		return append(binary.BigEndian.AppendUint64([]byte{first, 127}, uint64(n)), payload...)
	}
}

func TestMessagesOfEveryLengthAreReadWhole(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 1021, 1024, 65535, 65536, maxMessage} {
		text := strings.Repeat("x", n)
		r := readerOf(append(server(0x81, text), server(0x82, "next")...), 1024)
		for _, want := range []string{text, "next"} {
			if got, err := r.next(); err != nil || string(got) != want {
				t.Fatalf("%d bytes: got %d bytes (%v), want %d", n, len(got), err, len(want))
			}
		}
		if _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Errorf("%d bytes: at the end got %v, want %v", n, err, io.EOF)
		}
	}
}

func TestAMessageInPartsIsReadWithThePingBetweenThemAnswered(t *testing.T) {
	sent := bytes.Join([][]byte{server(0x01, "one "), server(0x89, "ping"), server(0x00, "two "), server(0x8a, ""), server(0x80, "three")}, nil)
	r := readerOf(sent, 1024)
	var pinged string
	r.pong = func(payload []byte) error {
		pinged = string(payload)
		return nil
	}
	if got, err := r.next(); err != nil || string(got) != "one two three" || pinged != "ping" {
		t.Errorf("got %q (%v) and a ping of %q, want one two three and ping", got, err, pinged)
	}
}

func TestWhatNoServerMaySendIsAnError(t *testing.T) {
	for want, sent := range map[string][]byte{
		"extension":      server(0xc1, ""),
		"masked":         {0x81, 0x80, 0, 0, 0, 0},
		"long or in":     server(0x09, ""),
		"or in parts":    server(0x89, strings.Repeat("x", 126)),
		"opcode 0x3":     server(0x83, ""),
		"within another": append(server(0x01, "a"), server(0x81, "b")...),
		"begins within":  server(0x80, "a"),
		"frame has":      binary.BigEndian.AppendUint64([]byte{0x81, 127}, maxMessage+1),
		"message has":    append(server(0x01, strings.Repeat("x", maxMessage)), server(0x80, "x")...),
		"1001":           server(0x88, "\x03\xe9"),
		`1013 "later"`:   server(0x88, "\x03\xf5later"),
		"socket: 0":      server(0x88, ""),
		"EOF":            {0x81, 5, 'a'},
	} {
		if got, err := readerOf(sent, 1024).next(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %.20q and %v, want an error with %q", sent, got, err, want)
		}
	}
}

func TestFramesAreMaskedAndOfTheShortestForm(t *testing.T) {
	for _, test := range []struct{ size, head int }{{0, 6}, {1, 6}, {125, 6}, {126, 8}, {65535, 8}, {65536, 14}} {
		payload := bytes.Repeat([]byte("0123456"), test.size/7+1)[:test.size]
		b := endFrame(append(beginFrame(nil), payload...), opText, 0xa1b2c3d4)
		if len(b) != test.head+test.size || b[0] != 0x81 || b[1]&0x80 == 0 {
			t.Fatalf("%d bytes: got %d, beginning with %x, want %d in front, the last frame of a text, masked", test.size, len(b), b[:2], test.head)
		}
		mask := b[test.head-4 : test.head]
		if want := []byte{0xd4, 0xc3, 0xb2, 0xa1}; !bytes.Equal(mask, want) {
			t.Fatalf("%d bytes: got the mask %x, want %x", test.size, mask, want)
		}
		for i, c := range b[test.head:] { // as in RFC 6455, section 5.3
			if got := c ^ mask[i%4]; got != payload[i] {
				t.Fatalf("byte %d of %d: got %q unmasked, want %q", i, test.size, got, payload[i])
			}
		}
		b[1] &^= 0x80 // unmasked, it is a server's
		if got, err := readerOf(append(b[:test.head-4:test.head-4], payload...), 1024).next(); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: got %d back (%v)", test.size, len(got), err)
		}
	}
}

func FuzzFramesNeverYieldMoreThanWasSent(f *testing.F) {
	f.Add(server(0x81, "text"))
	f.Add(append(server(0x01, "one"), server(0x80, "two")...))
	f.Add(server(0x88, "\x03\xe9bye"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		r, got := readerOf(sent, 64), 0
		for {
			message, err := r.next()
			if err != nil {
				break
			}
			got += len(message) + 2 // a head is two bytes at least
		}
		if got > len(sent) {
			t.Errorf("got %d bytes of messages and their heads out of %d", got, len(sent))
		}
	})
}
