package load

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Opcodes of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xa
)

const (
	finBit     = 0x80
	reserved   = 0x70 // extensions use these bits; none was negotiated
	maskBit    = 0x80
	short      = 126 // payloads below it have their length in the second byte
	maxControl = 125
	// maxFrameHead is how long a client's head of a frame may be: two bytes, eight of length, four of mask.
	maxFrameHead = 14
)

// maxMessage is the most that a message of a tracker may have: far above what one relays.
const maxMessage = 1 << 20

// A closedError is the close frame that a tracker sent.
type closedError struct {
	code   uint16 // zero: it gave none
	reason string
}

func (e closedError) Error() string {
	if e.reason == "" {
		return fmt.Sprintf("the tracker closed the socket: %d", e.code)
	}
	return fmt.Sprintf("the tracker closed the socket: %d %.100q", e.code, e.reason)
}

// beginFrame makes room for a frame's head: the payload is to be appended to what it returns.
func beginFrame(dst []byte) []byte { return append(dst, make([]byte, maxFrameHead)...) }

// endFrame writes the head of the one frame that b is, begun with beginFrame, in front of its payload
// and masks the payload, as clients must. It returns the part of b to send.
func endFrame(b []byte, opcode byte, mask uint32) []byte {
	payload := b[maxFrameHead:]
	head := maxFrameHead - 6
	switch n := len(payload); {
	case n < short:
		b[head+1] = maskBit | byte(n)
	case n < 1<<16:
		head -= 2
		b[head+1] = maskBit | short
		binary.BigEndian.PutUint16(b[head+2:], uint16(n))
	default:
		head -= 8
		b[head+1] = maskBit | (short + 1)
		binary.BigEndian.PutUint64(b[head+2:], uint64(n))
	}
	b[head] = finBit | opcode
	binary.LittleEndian.PutUint32(b[maxFrameHead-4:], mask)
	maskBytes(payload, mask)
	return b[head:]
}

// maskBytes masks b, and unmasks what it has masked. The first byte of the mask is its lowest.
func maskBytes(b []byte, mask uint32) {
	wide := uint64(mask)<<32 | uint64(mask)
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(wide >> (8 * i))
	}
}

// A frameReader reads the messages that a server sends.
type frameReader struct {
	in   *bufio.Reader
	held int    // bytes of in that the last frame has
	long []byte // a message in several frames, or of more than in holds
	// pong is called with the payload of each ping, which is valid until it returns.
	pong func(payload []byte) error
}

// next returns a message, which is valid until the next call.
func (r *frameReader) next() ([]byte, error) {
	r.long = r.long[:0]
	for began := false; ; {
		fin, opcode, payload, err := r.frame()
		if err != nil {
			return nil, err
		}
		switch {
		case opcode == opPing:
			if err := r.pong(payload); err != nil {
				return nil, err
			}
			continue
		case opcode == opPong:
			continue
		case opcode == opClose:
			return nil, closing(payload)
		case opcode != opContinuation && opcode != opText && opcode != opBinary:
			return nil, fmt.Errorf("a frame of the unknown opcode %#x", opcode)
		case began != (opcode == opContinuation):
			return nil, errors.New("a message begins within another")
		}
		if fin && !began {
			return payload, nil
		}
		if len(r.long)+len(payload) > maxMessage {
			return nil, fmt.Errorf("a message has more than %d bytes", maxMessage)
		}
		began = true
		if r.long = append(r.long, payload...); fin {
			return r.long, nil
		}
	}
}

// frame reads one frame. Its payload is valid until the next call.
func (r *frameReader) frame() (fin bool, opcode byte, payload []byte, err error) {
	_, _ = r.in.Discard(r.held) // it is buffered
	r.held = 0
	b, err := r.in.Peek(2)
	if err != nil {
		return false, 0, nil, err
	}
	fin, opcode = b[0]&finBit != 0, b[0]&0xf
	size, head := uint64(b[1]&^maskBit), 2
	switch {
	case b[0]&reserved != 0:
		return false, 0, nil, errors.New("a frame of an extension that nobody negotiated")
	case b[1]&maskBit != 0:
		return false, 0, nil, errors.New("a server's frame is masked")
	case opcode >= opClose && (size > maxControl || !fin):
		return false, 0, nil, errors.New("a control frame is long or in parts")
	case size == short:
		head += 2
	case size == short+1:
		head += 8
	}
	if b, err = r.in.Peek(head); err != nil {
		return false, 0, nil, err
	}
	switch head {
	case 4:
		size = uint64(binary.BigEndian.Uint16(b[2:]))
	case 10:
		size = binary.BigEndian.Uint64(b[2:])
	}
	if size > maxMessage {
		return false, 0, nil, fmt.Errorf("a frame has %d bytes, more than %d", size, maxMessage)
	}
	payload, err = r.payload(head, int(size))
	return fin, opcode, payload, err
}

// payload returns the bytes after the head.
func (r *frameReader) payload(head, size int) ([]byte, error) {
	if head+size <= r.in.Size() {
		b, err := r.in.Peek(head + size)
		if err != nil {
			return nil, err
		}
		r.held = head + size
		return b[head:], nil
	}
	_, _ = r.in.Discard(head) // it is buffered
	b := make([]byte, size)   // seldom: the buffer is larger than what trackers relay
	_, err := io.ReadFull(r.in, b)
	return b, err
}

// closing returns the error that a close frame stands for.
func closing(payload []byte) error {
	if len(payload) < 2 {
		return closedError{}
	}
	return closedError{binary.BigEndian.Uint16(payload), string(payload[2:])}
}
