package redisstore

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/starling-tracker/starling/internal/swarm"
)

var errReply = errors.New("redis' reply is not a list of members")

// replyError is what an error reply begins with. Where the counts before it were answered it means that a
// Cluster changes at this moment, and there are no members to be had now.
const replyError = '-'

// members splits the reply to ZRANGE, an array of bulk strings of the protocol RESP, into members of
// one length. They lie in the reply.
func members(dst [][]byte, reply []byte, length int) ([][]byte, error) {
	head, rest, ok := bytes.Cut(reply, crlf)
	if ok && head[0] == replyError {
		return dst, nil
	}
	if !ok || len(head) < 2 || head[0] != '*' {
		return dst, errReply
	}
	n, err := strconv.Atoi(string(head[1:]))
	if err != nil || n < 0 {
		return dst, errReply
	}
	ours := strconv.AppendInt([]byte{'$'}, int64(length), 10)
	ours = append(ours, crlf...)
	for range n {
		if size := len(ours) + length + len(crlf); len(rest) >= size && bytes.HasPrefix(rest, ours) {
			dst = append(dst, rest[len(ours):len(ours)+length])
			rest = rest[size:]
			continue
		}
		// Who else writes into our keys writes nothing that is told.
		if rest, err = skipString(rest); err != nil {
			return dst, err
		}
		dst = append(dst, nil)
	}
	return dst, nil
}

// skipString returns what follows a bulk string.
func skipString(reply []byte) (rest []byte, err error) {
	size, after, ok := bytes.Cut(reply, crlf)
	if !ok || len(size) < 2 || size[0] != '$' {
		return nil, errReply
	}
	got, err := strconv.Atoi(string(size[1:]))
	if err != nil || got < 0 || len(after)-len(crlf) < got {
		return nil, errReply
	}
	return after[got+len(crlf):], nil
}

var crlf = []byte("\r\n")

// A found is what the windows of one pool hold of its living, the announcer not among them. It lies in
// their replies, and is reused from pool to pool.
type found struct {
	seeders, leechers [][]byte
	scratch           [][]byte
}

// read collects what the windows hold of a pool that has live members.
func (f *found) read(windows []window, w want, live swarm.Stats, length int) error {
	f.seeders, f.leechers = f.seeders[:0], f.leechers[:0]
	for i := range windows {
		win := &windows[i]
		var err error
		if f.scratch, err = win.members(f.scratch[:0], length); err != nil {
			return err
		}
		n := len(f.scratch)
		front := min(n, max(0, int(live.Seeders)-win.first))     // where its seeders end
		back := n - min(n, max(0, int(live.Leechers)-win.first)) // where its leechers begin
		switch win.part {
		case seeders:
			f.seeders = appendOthers(f.seeders, f.scratch[:front], 0, w.self)
		case leechers:
			slices.Reverse(f.scratch[back:]) // in the order of their ranks, which go round where the windows do
			f.leechers = appendOthers(f.leechers, f.scratch[back:], 0, w.self)
		case allSeeders:
			f.seeders = appendOthers(f.seeders, f.scratch, start(n), w.self)
		case allLeechers:
			f.leechers = appendOthers(f.leechers, f.scratch, start(n), w.self)
		}
	}
	return nil
}

// start returns a random start among n.
func start(n int) int { return rand.IntN(max(n, 1)) } //nolint:gosec // nothing is lost if it is guessed

// appendOthers appends the members from start on, and then those before it, but for self and what is
// none of ours.
func appendOthers(dst, members [][]byte, start int, self string) [][]byte {
	for _, part := range [2][][]byte{members[start:], members[:start]} {
		for _, m := range part {
			if m != nil && string(m) != self {
				dst = append(dst, m)
			}
		}
	}
	return dst
}

// appendList appends to list what w wants of it, in the proportions of live.
func (f *found) appendList(list []byte, w want, live swarm.Stats) []byte {
	takeS, takeL := len(f.seeders), len(f.leechers)
	if takeS+takeL > w.count {
		takeS = 0
		if !w.leechersFirst {
			takeS, _ = swarm.Mix(w.count, int(live.Seeders), int(live.Leechers))
		}
		takeS = max(min(takeS, len(f.seeders)), w.count-len(f.leechers))
		takeL = w.count - takeS
	}
	for _, m := range f.seeders[:takeS] {
		list = append(list, m...)
	}
	for _, m := range f.leechers[:takeL] {
		list = append(list, m...)
	}
	return list
}
