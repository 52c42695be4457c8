package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Limits of what is read of an answer.
const (
	maxHeaders = 100
	maxBody    = 1 << 20
)

const statusOK = "200 OK"

// errStale says that a kept connection had been closed before it was asked again.
var errStale = errors.New("the connection was closed while it waited")

// An answer is what came back for a request.
type answer struct {
	status string // "200 OK"
	body   []byte // until the next request
	size   int    // bytes, its head included
	close  bool   // the connection ends with it
}

// exchange sends the request on the connection, which it opens when there is none, and reads the
// answer.
func (h *httpClient) exchange(ctx context.Context, deadline time.Time) (answer, error) {
	if h.conn == nil {
		dialing, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		conn, err := h.dialer.DialContext(dialing, "tcp"+h.opts.Network, h.address)
		if err != nil {
			return answer{}, err
		}
		h.conn, h.used = conn, false
		h.in.Reset(conn)
	}
	_ = h.conn.SetDeadline(deadline)
	_, err := h.conn.Write(h.request)
	var first []byte
	if err == nil {
		first, err = h.in.Peek(1)
	}
	if err != nil && len(first) == 0 && h.used && !isTimeout(err) {
		h.close()
		return answer{}, errStale
	}
	if err != nil {
		return answer{}, err
	}
	h.used = true
	return h.read()
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}

// read reads an answer. It knows no more of HTTP than trackers use: bodies with a length, or up to
// the connection's end.
func (h *httpClient) read() (a answer, err error) {
	length := -1
	for line := range maxHeaders {
		text, err := h.in.ReadSlice('\n')
		if err != nil {
			return answer{}, fmt.Errorf("answer's head: %w", err)
		}
		a.size += len(text)
		text = bytes.TrimRight(text, "\r\n")
		if line == 0 {
			version, status, ok := bytes.Cut(text, []byte(" "))
			if !ok || !bytes.HasPrefix(version, []byte("HTTP/1.")) {
				return answer{}, errors.New("the answer is not HTTP/1")
			}
			a.close = string(version) == "HTTP/1.0"
			if a.status = statusOK; string(status) != statusOK { // which is not allocated each time
				a.status = string(status)
			}
			continue
		}
		if len(text) == 0 {
			a.body, err = h.readBody(length)
			a.size += len(a.body)
			a.close = a.close || length < 0
			return a, err
		}
		switch key, value, _ := bytes.Cut(text, []byte(":")); {
		case is(key, "Content-Length"):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return answer{}, errors.New("the answer's length is no number")
			}
		case is(key, "Connection"):
			a.close = bytes.EqualFold(bytes.TrimSpace(value), []byte("close"))
		case is(key, "Transfer-Encoding"):
			return answer{}, errors.New("the answer comes in chunks, which trackers' clients do not know")
		}
	}
	return answer{}, errors.New("the answer's head has no end")
}

func is(key []byte, name string) bool {
	return len(key) == len(name) && strings.EqualFold(string(key), name)
}

func (h *httpClient) readBody(length int) ([]byte, error) {
	if length > maxBody {
		return nil, fmt.Errorf("the answer has %d bytes, more than %d", length, maxBody)
	}
	if length < 0 {
		body, err := io.ReadAll(io.LimitReader(h.in, maxBody))
		return body, err
	}
	if cap(h.body) < length {
		h.body = make([]byte, length)
	}
	h.body = h.body[:length]
	_, err := io.ReadFull(h.in, h.body)
	return h.body, err
}

// countPeers returns how many peers a body lists in compact form, or the tracker's refusal.
func countPeers(a answer) (n int, err error) {
	if !strings.HasPrefix(a.status, "200") {
		return 0, fmt.Errorf("HTTP %s", a.status)
	}
	if text, ok := bencodedString(a.body, "14:failure reason"); ok {
		return 0, fmt.Errorf("%.100q", text)
	}
	if list, ok := bencodedString(a.body, "5:peers"); ok {
		n += len(list) / 6
	}
	if list, ok := bencodedString(a.body, "6:peers6"); ok {
		n += len(list) / 18
	}
	return n, nil
}

// bencodedString returns the string that follows key, which is bencoded, in a dictionary. It does
// not read what lies between: a key within an earlier value would be taken for it, which no tracker's
// answer has.
func bencodedString(body []byte, key string) (value []byte, ok bool) {
	_, rest, ok := bytes.Cut(body, []byte(key))
	if !ok {
		return nil, false
	}
	length, rest, ok := bytes.Cut(rest, []byte(":"))
	n, err := strconv.Atoi(string(length))
	if !ok || err != nil || n < 0 || n > len(rest) {
		return nil, false
	}
	return rest[:n], true
}
