package udptracker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/dchest/siphash"
)

// modelID makes an ID from its description, step by step.
func modelID(master string, at time.Time, addr netip.Addr) uint64 {
	mac := hmac.New(sha256.New, []byte(master))
	mac.Write([]byte("starling connection ID"))
	_ = binary.Write(mac, binary.BigEndian, at.UTC().Truncate(24*time.Hour).Unix()/86_400)
	hash := siphash.New(mac.Sum(nil)[:16])
	minutes := at.Unix() / 60
	_ = binary.Write(hash, binary.LittleEndian, minutes)
	_, _ = hash.Write(netip.AddrFrom16(addr.As16()).AsSlice())
	id := binary.BigEndian.AppendUint64(nil, hash.Sum64())
	id[0] = byte(minutes)
	return binary.BigEndian.Uint64(id)
}

// modelValid tries the minutes that are good one by one.
func modelValid(master string, id uint64, now time.Time, addr netip.Addr) bool {
	for m := -10; m <= 1; m++ {
		if id == modelID(master, now.Add(time.Duration(m)*time.Minute), addr) {
			return true
		}
	}
	return false
}

func TestConnectionIDsAreThoseOfTheModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	masters := []string{master, "another master"}
	issuers := []*connectionIDs{idsOf(masters[0]), idsOf(masters[1])}
	verifiers := []*connectionIDs{idsOf(masters[0]), idsOf(masters[1])}
	addrs := []netip.Addr{ip4, netip.MustParseAddr("192.0.2.2"), ip6, netip.MustParseAddr("2001:db8::2")}
	accepted := 0
	const rounds = 4_000
	for range rounds {
		// Most near midnight, and the differences of time about those that are good.
		issued := midnight.AddDate(0, 0, rng.IntN(3)).Add(time.Duration(rng.NormFloat64() * float64(10*time.Minute)))
		now := issued.Add(time.Duration((rng.Float64()*16 - 3) * float64(time.Minute)))
		from, to := rng.IntN(2), rng.IntN(8)/7
		addr, shownBy := addrs[rng.IntN(4)], addrs[rng.IntN(4)]
		if rng.IntN(4) > 0 {
			to, shownBy = from, addr
		}
		id := issuers[from].issue(issued, addr)
		if want := modelID(masters[from], issued, addr); id != want {
			t.Fatalf("seed %d: issued at %v to %v: got %#x, want %#x", seed, issued, addr, id, want)
		}
		if rng.IntN(10) == 0 {
			id ^= 1 << rng.IntN(64)
		}
		want := modelValid(masters[to], id, now, shownBy)
		if got := verifiers[to].valid(id, now, shownBy); got != want {
			t.Fatalf("seed %d: %#x, issued at %v to %v, shown at %v by %v: got %v, want %v",
				seed, id, issued, addr, now, shownBy, got, want)
		}
		if want {
			accepted++
		}
	}
	if accepted < rounds/5 || accepted > rounds*4/5 {
		t.Errorf("got %d of %d accepted, want many of either", accepted, rounds)
	}
}
