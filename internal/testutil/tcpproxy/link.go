package tcpproxy

import (
	"net"
	"slices"
	"sync"
	"time"
)

// maxChunks are under way at most, either way; then the sender has to wait.
const maxChunks = 4096

// chunkBytes is how much is read at a time.
const chunkBytes = 32 << 10

// A link is a client's connection and its way on to the server.
type link struct {
	*Proxy
	number int        // of the connection
	turn   sync.Mutex // guards burst
	burst  bool       // the last bytes were the client's
}

// A chunk is what came in one piece, and when it is due at the other end.
type chunk struct {
	data []byte
	due  time.Time
}

// carry passes what comes from src on to dst until either is closed, and closes both. What note refuses is lost.
func (l *link) carry(dst, src net.Conn, note func(data []byte) bool) {
	chunks := make(chan chunk, maxChunks)
	var writer sync.WaitGroup
	writer.Go(func() {
		defer dst.Close() //nolint:errcheck // it has nothing to flush
		for c := range chunks {
			if wait := time.Until(c.due); wait > 0 {
				<-time.After(wait)
			}
			if _, err := dst.Write(c.data); err != nil {
				_ = src.Close() // ends the reading, and so this
			}
		}
	})
	buf := make([]byte, chunkBytes)
	for {
		n, err := src.Read(buf)
		if n > 0 && note(buf[:n]) {
			chunks <- chunk{slices.Clone(buf[:n]), time.Now().Add(l.latency())}
		}
		if err != nil {
			break
		}
	}
	close(chunks)
	writer.Wait()
}

func (l *link) latency() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.delay
}

// asked notes bytes of the client.
func (l *link) asked(data []byte) bool {
	l.turn.Lock()
	first := !l.burst
	l.burst = true
	l.turn.Unlock()
	l.mu.Lock()
	observe := l.observe
	l.mu.Unlock()
	if first && observe != nil {
		observe(data)
	}
	return true
}

// answered notes bytes of the server.
func (l *link) answered(data []byte) bool {
	l.turn.Lock()
	l.burst = false
	l.turn.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.number < l.muted {
		return false
	}
	l.passed.Add(int64(len(data)))
	return true
}
