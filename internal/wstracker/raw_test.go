package wstracker_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Opcodes of frames, and the bit of the last one of a message (RFC 6455, 5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
	fin            = 0x80
)

// A raw client writes and reads frames as they are, and answers nothing by itself.
type raw struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

const handshakeHeader = "Host: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// handshake sends a request on a connection of its own and returns the answer.
func (l *live) handshake(request string) (c *raw, status int, header http.Header) {
	l.t.Helper()
	conn, err := net.Dial("tcp", l.addr)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	if _, err := io.WriteString(conn, request); err != nil {
		l.t.Fatal(err)
	}
	c = &raw{l.t, conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		l.t.Fatalf("%q: %v", request, err)
	}
	defer resp.Body.Close()
	return c, resp.StatusCode, resp.Header
}

// dialRaw opens a socket, with more behind the handshake.
func (l *live) dialRaw(more ...byte) *raw {
	l.t.Helper()
	c, status, header := l.handshake("GET / HTTP/1.1\r\n" + handshakeHeader + "\r\n" + string(more))
	if status != http.StatusSwitchingProtocols || header.Get("Sec-Websocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		l.t.Fatalf("got %d %v, want a socket", status, header)
	}
	return c
}

// frame returns a masked frame.
func frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	mask := [4]byte{1, 2, 3, 4}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

func (c *raw) write(first byte, payload string) {
	c.t.Helper()
	if _, err := c.Write(frame(first, payload)); err != nil {
		c.t.Errorf("write: %v", err)
	}
}

// readFrame returns the next frame, which must be whole and unmasked.
func (c *raw) readFrame() (op byte, payload string, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return 0, "", err
	}
	n := int(head[1])
	switch {
	case n > 127 || head[0]&0x70 != 0:
		return 0, "", fmt.Errorf("got a frame that begins with %x, want one without a mask or reserved bits", head)
	case n == 126:
		var long [2]byte
		_, _ = io.ReadFull(c.r, long[:])
		n = int(binary.BigEndian.Uint16(long[:]))
	case n == 127:
		var long [8]byte
		_, _ = io.ReadFull(c.r, long[:])
		n = int(binary.BigEndian.Uint64(long[:]))
	}
	body := make([]byte, n)
	_, err = io.ReadFull(c.r, body)
	return head[0], string(body), err
}

// want fails the test unless the next frame is one of op, which begins with payload.
func (c *raw) want(op byte, payload string) {
	c.t.Helper()
	got, text, err := c.readFrame()
	if err != nil || got != fin|op || !strings.HasPrefix(text, payload) {
		c.t.Fatalf("got %x %q, %v, want %x %q...", got, text, err, fin|op, payload)
	}
}

// wantClose fails the test unless a frame that closes with code comes, after any others, and then nothing.
func (c *raw) wantClose(code uint16) {
	c.t.Helper()
	for {
		op, text, err := c.readFrame()
		if err != nil {
			c.t.Fatalf("got %v, want a close frame of %d", err, code)
		}
		if op != fin|opClose {
			continue
		}
		if len(text) < 2 || binary.BigEndian.Uint16([]byte(text)) != code {
			c.t.Fatalf("got a close frame with %q, want code %d", text, code)
		}
		c.write(fin|opClose, text)
		if _, err := c.r.ReadByte(); err == nil {
			c.t.Error("got more after a close frame, want the end")
		}
		return
	}
}

// wantEnd fails the test unless the connection ends without a close frame.
func (c *raw) wantEnd() {
	c.t.Helper()
	for {
		op, _, err := c.readFrame()
		if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // it is not wrapped
			c.t.Fatal("got nothing, want the connection closed")
		}
		if err != nil {
			return
		}
		if op == fin|opClose {
			c.t.Fatal("got a close frame, want the connection closed")
		}
	}
}
