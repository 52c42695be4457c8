package udptracker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
	"time"
)

// A Secret keys connection IDs. It is no type of its own, so that who keeps secrets need not know who
// uses them.
type Secret = [16]byte

// Secrets hands out the secrets that connection IDs are made with. Replicas whose Secrets agree
// accept each other's IDs. It is asked for each packet, from several goroutines.
type Secrets interface {
	// Secrets returns the secret of the time now, and another one that is accepted: the one before it, or
	// about to come.
	Secrets(now time.Time) (current, previous Secret)
}

// secretLife is how long a secret derived from a master is current.
const secretLife = 24 * time.Hour

// Derived makes a secret for each day of the world (UTC) from one master, so that replicas with
// the same master agree without a word. Make it with [DeriveSecrets].
type Derived struct {
	master []byte
	cached [2]atomic.Pointer[derivedDay] // by the day's parity: about midnight two days are asked for
}

type derivedDay struct {
	day               int64
	current, previous Secret
}

// DeriveSecrets returns the secrets of master, which should hold 16 random bytes at the least.
func DeriveSecrets(master []byte) *Derived { return &Derived{master: master} }

// Secrets returns the secrets of today and yesterday.
func (d *Derived) Secrets(now time.Time) (current, previous Secret) {
	day := now.Unix() / int64(secretLife/time.Second)
	cached := &d.cached[day&1]
	c := cached.Load()
	if c == nil || c.day != day {
		c = &derivedDay{day: day, current: d.derive(day), previous: d.derive(day - 1)}
		cached.Store(c)
	}
	return c.current, c.previous
}

func (d *Derived) derive(day int64) (s Secret) {
	mac := hmac.New(sha256.New, d.master)
	mac.Write([]byte("starling connection ID"))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(day)))
	copy(s[:], mac.Sum(nil))
	return s
}
