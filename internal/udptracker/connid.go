package udptracker

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/dchest/siphash"
)

// Connection IDs are stateless: 1 byte of time slot, 7 bytes of SipHash-2-4 over the slot and the
// source address, keyed by a secret. Any replica that has the secret accepts them. They are bound
// to the address but not to the port, since clients behind some NATs change ports between packets.
//
// BEP 15 has clients use an ID for a minute and trackers accept it for two; real clients keep it
// for longer, so it is good for maxAge slots. IDs from the future are those of a replica whose
// clock is ahead, by one slot at most: any more would be IDs collected to be used later.
const (
	slotLength = time.Minute
	maxAge     = 10
	hashBits   = 56
	hashMask   = 1<<hashBits - 1
)

type connectionIDs struct{ secrets Secrets }

func newConnectionIDs(secrets Secrets) *connectionIDs { return &connectionIDs{secrets} }

// issue returns the connection ID of addr, which must not be an IPv4-mapped one.
func (c *connectionIDs) issue(now time.Time, addr netip.Addr) uint64 {
	current, _ := c.secrets.Secrets(now)
	return connectionID(current, slotOf(now), addr)
}

// valid reports whether id was issued to addr, here or by another replica, not too long ago.
func (c *connectionIDs) valid(id uint64, now time.Time, addr netip.Addr) bool {
	slot := slotOf(now) + 1
	age := uint8(slot) - uint8(id>>hashBits) // in slots, from the last one that is accepted
	if age > maxAge+1 {
		return false
	}
	slot -= uint64(age)
	if age == 0 {
		now = now.Add(slotLength) // the time at the replica that is ahead, for which it may be another day
	}
	current, previous := c.secrets.Secrets(now)
	return id == connectionID(current, slot, addr) || id == connectionID(previous, slot, addr)
}

func slotOf(now time.Time) uint64 { return uint64(now.Unix()) / uint64(slotLength/time.Second) }

func connectionID(secret Secret, slot uint64, addr netip.Addr) uint64 {
	var message [24]byte
	binary.LittleEndian.PutUint64(message[:8], slot)
	ip := addr.As16()
	copy(message[8:], ip[:])
	k0, k1 := binary.LittleEndian.Uint64(secret[:8]), binary.LittleEndian.Uint64(secret[8:])
	return slot<<hashBits | siphash.Hash(k0, k1, message[:])&hashMask
}
